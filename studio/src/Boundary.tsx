import { QueryClientContext } from "@tanstack/react-query";
import { Children, Component, type ContextType, type ReactNode } from "react";

interface Props {
  children: ReactNode;
}

/** Where a part of the page breaks, it alone is lost, and can be begun again. */
export class Boundary extends Component<Props, { broke: string | null }> {
  static override contextType = QueryClientContext;
  declare context: ContextType<typeof QueryClientContext>;
  override state = { broke: null };

  static getDerivedStateFromError(error: unknown) {
    return { broke: String(error) };
  }

  /** With new answers: it may have been one that it broke of, and nobody else looks at those. */
  private readonly again = () => {
    this.context?.removeQueries({ type: "inactive" });
    this.setState({ broke: null });
  };

  override render() {
    if (this.state.broke === null) return this.props.children;
    return (
      <div className="panel">
        <p className="problem" role="alert">
          This part of the page broke: {this.state.broke}
        </p>
        <button type="button" onClick={this.again}>
          Begin it again
        </button>
      </div>
    );
  }
}

/** Where one of them breaks, the others go on. */
export function Apart({ children }: Props) {
  return Children.map(children, (child) => <Boundary>{child}</Boundary>);
}
