/** hls.js has no types for its light build: they are those of the whole. */
declare module "hls.js/light" {
  export { default, ErrorTypes, Events } from "hls.js";
}
