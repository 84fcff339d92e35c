import type { DtmfMode } from "../../bridge/types";
import { say } from "../../words/words";
import { ChoiceField } from "./fields";
import type { WholeSip, WholeXivo } from "./whole";

/** What there is to choose from, by kind of account. */
const MODES: Record<(WholeSip | WholeXivo)["kind"], readonly DtmfMode[]> = {
  sip: ["automatic", "rfc4733", "info", "info-dtmf", "in-band"],
  xivo: ["automatic", "rfc4733", "info"],
};

interface Props {
  label: string;
  provider: WholeSip | WholeXivo;
  onChoose: (dtmf: DtmfMode) => void;
}

/** How an account sends digits. */
export function DtmfField({ label, provider, onChoose }: Props) {
  return (
    <ChoiceField
      label={label}
      value={provider.dtmf}
      options={MODES[provider.kind].map((mode) => [mode, say(`dtmf.${mode}`)] as const)}
      onChoose={onChoose}
    />
  );
}
