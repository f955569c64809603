/** "Next batch from this": a round of assets that mend what was found. */
import { Button } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { NextRound } from "../api/actions";
import { sessionQuery } from "../api/queries";
import { mayManage } from "../api/types";
import { useRoundJob, useStartRound } from "../jobs/useRoundJobs";
import { Key } from "../parts/Key";

type Props = { wishes: NextRound; about: string; main?: boolean };

/** The open cell's button, or else the first, is the page's main one and has the key B. */
export function BatchButton({ wishes, about, main = false }: Props) {
  const me = useQuery(sessionQuery).data;
  const start = useStartRound();
  const busy = useRoundJob() !== null;
  if (!mayManage(me)) return null;
  return (
    <Button
      variant={main ? "filled" : "default"}
      size="xs"
      rightSection={main ? <Hint /> : <IconArrowRight size={14} />}
      loading={start.isPending}
      disabled={busy}
      data-main={main || undefined}
      onClick={() => start.mutate(wishes)}
    >
      Next batch from this<span className="visually-hidden"> ({about})</span>
    </Button>
  );
}

function Hint() {
  return (
    <span aria-hidden="true">
      <Key of="B" />
    </span>
  );
}
