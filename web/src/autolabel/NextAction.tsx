/** The primary action of the page, and what stands in its place while a job runs. */
import { Button } from "@mantine/core";
import { IconArrowRight, IconCheck, IconScale } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Job, Proposal } from "../api/types";
import { JobProgress } from "../jobs/JobRow";
import { jobTitle } from "../jobs/useRoundJobs";
import { count, plural } from "../parts/format";
import { Key } from "../parts/Key";
import { AskForm } from "./AskForm";
import styles from "./autolabel.module.css";
import { checksToAsk, isOutOfReach, missingChecks, rateText } from "./promise";
import type { AutoActions } from "./useAutoJobs";

type Props = {
  running: Job | null;
  proposal: Proposal | undefined;
  promise: number;
  /** The proposal is about the promise that is chosen. */
  matches: boolean;
  waiting: number;
  /** What stands asks for something else first. */
  calm: boolean;
  actions: AutoActions;
  workOut: () => void;
  accept: (() => void) | undefined;
};

export function NextAction(props: Props) {
  const { running, proposal, promise, matches, waiting, actions } = props;
  if (running)
    return (
      <div className={styles.step} aria-live="polite">
        <strong>{jobTitle(running.kind)}</strong>
        <JobProgress job={running} />
      </div>
    );
  const missing = proposal && matches && !isOutOfReach(proposal) ? missingChecks(proposal) : 0;
  const others = props.calm || props.accept !== undefined || waiting > 0 || missing > 0;
  return (
    <div className={styles.step}>
      {props.accept && proposal && (
        <Button
          size="md"
          leftSection={<IconCheck size={18} />}
          rightSection={<Key of="A" />}
          loading={actions.accept.isPending}
          onClick={props.accept}
        >
          Label {plural(proposal.count, "asset")}
        </Button>
      )}
      {!props.accept && waiting > 0 && (
        <Button size="md" component={Link} to="/label" rightSection={<IconArrowRight size={18} />}>
          Answer {count(waiting)} questions
        </Button>
      )}
      {!props.accept && waiting === 0 && missing > 0 && (
        <AskForm
          ask={actions.ask}
          promise={promise}
          suggested={checksToAsk(missing)}
          busy={false}
          primary
        />
      )}
      <Button
        size={others ? "sm" : "md"}
        variant={others ? "default" : "filled"}
        leftSection={<IconScale size={others ? 16 : 18} />}
        rightSection={<Key of="P" />}
        loading={actions.propose.isPending}
        onClick={props.workOut}
      >
        {proposal && matches ? "Work it out again" : `Work out ${rateText(promise)}`}
      </Button>
    </div>
  );
}
