import type { AssistantView } from "../../bridge/types";
import { isolated, say } from "../../words/words";

/** The STUN and TURN servers that the next call of an account uses whose service names them. */
export function IceServers({ assistants }: { assistants: AssistantView[] }) {
  return (
    <>
      {assistants.map(({ account, state: { ice_servers } }) => {
        const title = say("ice.in-force", { name: isolated(account) });
        return (
          <section key={account} aria-label={title}>
            <h3>{title}</h3>
            {!ice_servers?.length && <p class="empty">{say(ice_servers ? "ice.none" : "ice.unknown")}</p>}
            {!!ice_servers?.length && (
              <ul aria-label={title}>
                {ice_servers.map(({ urls, username }) => (
                  <li key={urls.join(" ")}>
                    <bdi>{urls.join(" ")}</bdi>
                    {username && <small> {say("ice.user", { name: isolated(username) })}</small>}
                  </li>
                ))}
              </ul>
            )}
          </section>
        );
      })}
    </>
  );
}
