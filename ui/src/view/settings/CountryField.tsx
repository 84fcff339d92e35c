import { say, spokenLanguage } from "../../words/words";
import { useEditing } from "./editing";
import { ChoiceField } from "./fields";
import type { WholeSettings } from "./whole";

interface Props {
  label: string;
  hint: string;
  /** Its dotted name. */
  field: string;
  /** ISO 3166, two letters; empty where none is named. */
  value: string;
  /** Whether none need be named. */
  optional?: boolean;
  onCountry: (code: string) => WholeSettings;
}

/** A country, by its name in the language of the page. */
export function CountryField({ label, hint, field, value, optional, onCountry }: Props) {
  const { problem, save } = useEditing();
  const code = value.toLowerCase();
  const named = countries(spokenLanguage());
  const isNamed = named.some(([known]) => known === code);
  return (
    <ChoiceField
      label={label}
      hint={hint}
      problem={problem(field)}
      value={code}
      options={[
        ...(optional || code === "" ? [["", say("calls.no-country")] as const] : []),
        // What somebody wrote into the file stays.
        ...(code === "" || isNamed ? [] : [[code, value] as const]),
        ...named,
      ]}
      onChoose={(chosen) => void save(onCountry(chosen))}
    />
  );
}

/** Codes that name a country no more, or none: unions, and what is there for tests. */
const NONE = new Set("an bu cs dd eu ez fx nt qo su tp un yd yu zr zz".split(" "));

const lists = new Map<string, readonly (readonly [code: string, name: string])[]>();

/** Every country that the system has a name for, by their order in a language. */
function countries(language: string): readonly (readonly [code: string, name: string])[] {
  const known = lists.get(language);
  if (known) return known;
  const names = new Intl.DisplayNames(language, { type: "region", fallback: "none" });
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const found = letters
    .flatMap((first) => letters.map((second) => first + second))
    .filter((code) => !NONE.has(code) && (code === "xk" || !/^(?:x|q[m-z])/.test(code)))
    .flatMap((code) => {
      const name = names.of(code.toUpperCase());
      return name ? [[code, name] as const] : [];
    })
    .sort(([, one], [, other]) => one.localeCompare(other, language));
  lists.set(language, found);
  return found;
}
