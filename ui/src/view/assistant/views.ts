// What is loaded once an account has an assistant.
import "../../style/assistant.css";

export { Directory } from "./Directory";
export { FavouriteKeys } from "./FavouriteKeys";
export { Meetings } from "./Meetings";
export { Presence } from "./Presence";
export { Rooms } from "./Rooms";
export { ServerCalls } from "./ServerCalls";
export { Services } from "./Services";
