import { useEffect, useState } from "react";
import { api } from "../api/client";
import type { components } from "../api/schema";
import { Button } from "../Button";
import { Failure } from "../Failure";
import type { Session } from "../state/session";
import { ProblemNote, useAct } from "../state/act";
import { PICTURE, placed, PLACES, scaled, type Place } from "./placing";
import { useLibrary } from "./queries";
import { canSwitch } from "./switching";
import { Uploads } from "./Uploads";
import { useUploads } from "./useUploads";

type Wish = components["schemas"]["OverlayInput"];
type Media = components["schemas"]["MediaView"];

const FADE_MS = 500;
const LAYERS = [0, 1, 2, 3, 4, 5, 6, 7];

/** Images over the picture. AWS tells no more of one than that it was accepted: what is shown here was asked for. */
export function Overlay({ session }: { session: Session }) {
  const { act, busy, problem } = useAct(session.id);
  const { data: library, error } = useLibrary("image");
  const [chosen, setChosen] = useState<string | null>(null);
  const [isAdding, setIsAdding] = useState(false);
  const { arrived, settle, ...uploads } = useUploads(`images of ${session.id}`, "image");
  const path = { session_id: session.id };
  const put = (body: Wish) => act(() => api.PUT("/sessions/{session_id}/overlay", { params: { path }, body }));
  const image = library?.find((each) => each.id === chosen) ?? library?.[0];
  const can = canSwitch(session) && !busy;

  useEffect(() => {
    const latest = arrived.at(-1);
    if (latest) setChosen(latest);
    settle(arrived);
  }, [arrived, settle]);

  return (
    <section className="panel" aria-labelledby="overlay-title">
      <h2 id="overlay-title">Overlay</h2>
      {!canSwitch(session) && <p className="hint">Images can be shown once the channel runs.</p>}
      {session.overlays.length > 0 && (
        <ul className="shown">
          {session.overlays.map((each) => (
            <li key={each.layer}>
              <span>
                <b>{library?.find((media) => media.id === each.image)?.title ?? each.image}</b> on layer {each.layer},
                at {each.x}, {each.y}
                {each.seconds !== null && `, for ${each.seconds} s`}
              </span>
              <span className="badge" title="AWS does not tell when an overlay is on air">
                accepted
              </span>
              <Button
                className="small"
                disabled={!can}
                aria-label={`Hide the image on layer ${each.layer}`}
                onClick={() => void put({ layer: each.layer, fade_ms: each.fade_ms })}
              >
                Hide
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Failure error={error} />
      {library?.length === 0 && (
        <p className="hint">You have no images yet. Send a PNG with an alpha channel: a logo, a name, a ticker.</p>
      )}
      {library && image && (
        <Placing
          key={image.id}
          session={session}
          library={library}
          image={image}
          isIdle={!can}
          onChoose={setChosen}
          onShow={(wish) => void put(wish)}
        />
      )}
      <button type="button" aria-expanded={isAdding} onClick={() => setIsAdding(!isAdding)}>
        Add images
      </button>
      {isAdding && (
        <Uploads
          label="Send images"
          accept="image/png,image/bmp,.png,.bmp,.tga"
          hint="PNG, BMP or TGA with an alpha channel, up to 1920x1080."
          {...uploads}
        />
      )}
      <ProblemNote problem={problem} />
    </section>
  );
}

function Placing(props: {
  session: Session;
  library: Media[];
  image: Media;
  isIdle: boolean;
  onChoose: (media: string) => void;
  onShow: (wish: Wish) => void;
}) {
  const { session, library, image, isIdle, onChoose, onShow } = props;
  const picture = PICTURE[session.profile];
  const own = { width: image.width ?? 1, height: image.height ?? 1 };
  const [percent, setPercent] = useState(() => Math.min(100, Math.round((100 * own.width) / picture.width)) || 1);
  const [place, setPlace] = useState<Place>("top right");
  const [layer, setLayer] = useState(0);
  const [fades, setFades] = useState(true);
  const size = scaled(own, picture, percent);
  const at = placed(place, size, picture);
  return (
    <form
      className="placing"
      onSubmit={(event) => {
        event.preventDefault();
        onShow({ image: image.id, ...at, ...size, layer, fade_ms: fades ? FADE_MS : 0 });
      }}
    >
      <label>
        Image
        <select value={image.id} onChange={(event) => onChoose(event.target.value)}>
          {library.map((each) => (
            <option key={each.id} value={each.id}>
              {each.title || each.id}
            </option>
          ))}
        </select>
      </label>
      <label>
        Where
        <select value={place} onChange={(event) => setPlace(event.target.value as Place)}>
          {PLACES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <label>
        Width, % of the picture
        <input
          type="number"
          min={1}
          max={100}
          value={percent}
          onChange={(event) => setPercent(Math.max(1, Math.min(100, Number(event.target.value) || 1)))}
        />
      </label>
      <label>
        Layer
        <select value={layer} onChange={(event) => setLayer(Number(event.target.value))}>
          {LAYERS.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <label className="check">
        <input type="checkbox" checked={fades} onChange={(event) => setFades(event.target.checked)} />
        Fade in and out
      </label>
      <svg className="placing-map" viewBox={`0 0 ${picture.width} ${picture.height}`} role="img">
        <title>{`${size.width}x${size.height} at ${at.x}, ${at.y} of ${picture.width}x${picture.height}`}</title>
        <rect className="placing-picture" width={picture.width} height={picture.height} />
        <rect className="placing-image" {...at} {...size} />
      </svg>
      <Button type="submit" disabled={isIdle}>
        Show
      </Button>
    </form>
  );
}
