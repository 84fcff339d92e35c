import { Icon } from "./icons";

/** How many colours there are. */
const TINTS = 6;

/** The initials of somebody, on a colour that stays the same. Decoration: the name stands beside it. */
export function Avatar({ name, rings }: { name: string; rings?: boolean }) {
  const letters = initials(name);
  return (
    <span class={`avatar tint-${tint(name)}${rings ? " rings" : ""}`} aria-hidden="true" data-initials={letters}>
      {!letters && <Icon name="contacts" />}
    </span>
  );
}

/** The first letters of the first and the last word; none of a number. */
function initials(name: string): string {
  const firsts = name.match(/(?<![\p{L}\p{M}\p{N}'’])\p{L}/gu) ?? [];
  const [first = "", last = ""] = [firsts[0], firsts.length > 1 ? firsts.at(-1) : ""];
  return (first + last).toLocaleUpperCase();
}

function tint(name: string): number {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % TINTS;
}
