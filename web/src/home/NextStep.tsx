/** The primary button of Home, and what stands in its place while a job runs. */
import { Button, Group } from "@mantine/core";
import { IconArrowRight, IconDownload, IconPlayerPlay, IconWand } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { sessionQuery } from "../api/queries";
import { type Home, mayManage, type ProjectInfo } from "../api/types";
import { JobProgress } from "../jobs/JobRow";
import {
  jobTitle,
  useFinishRound,
  useOracle,
  useRoundJob,
  useStartRound,
} from "../jobs/useRoundJobs";
import { count } from "../parts/format";
import { NumberField } from "../parts/NumberField";
import { saveLabels } from "../shell/saveLabels";
import styles from "./home.module.css";

type Props = { home: Home; project: ProjectInfo };

export function NextStep({ home, project }: Props) {
  const job = useRoundJob();
  const manages = mayManage(useQuery(sessionQuery).data);
  if (job)
    return (
      <div className={styles.step} aria-live="polite">
        <strong>{jobTitle(job.kind)}</strong>
        <JobProgress job={job} />
      </div>
    );
  return (
    <div className={styles.step}>
      {(manages || home.open_tasks > 0) && <PrimaryButton home={home} project={project} />}
      {!manages && home.open_tasks === 0 && (
        <p className={styles.hint}>
          {home.next_batch_size === 0
            ? "Every asset is labelled or skipped: none is left to ask about."
            : "Nothing waits for a label. The project's manager asks for the next batch."}
        </p>
      )}
      {manages && project.oracle && home.next_batch_size > 0 && <OracleButton />}
    </div>
  );
}

function PrimaryButton({ home, project }: Props) {
  const navigate = useNavigate();
  const start = useStartRound();
  const finish = useFinishRound();
  const collecting = home.rounds.find((round) => round.number === home.current_round);
  if (home.open_tasks > 0)
    return (
      <Button
        size="md"
        rightSection={<IconArrowRight size={18} />}
        onClick={() => void navigate({ to: "/label" })}
      >
        Go on labelling ({count(home.open_tasks)} open)
      </Button>
    );
  if (collecting && collecting.step !== "done")
    return (
      <Button
        size="md"
        leftSection={<IconPlayerPlay size={18} />}
        loading={finish.isPending}
        onClick={() => finish.mutate()}
      >
        Train and measure round {collecting.number}
      </Button>
    );
  if (home.next_batch_size === 0)
    return (
      <>
        <p className={styles.hint}>
          Every asset is labelled or skipped: none is left to ask about.
        </p>
        <Button
          size="md"
          leftSection={<IconDownload size={18} />}
          onClick={() => void saveLabels(project.name, "csv")}
        >
          Export the labels
        </Button>
      </>
    );
  return (
    <Button
      size="md"
      variant={home.advice?.stop ? "default" : "filled"}
      rightSection={<IconArrowRight size={18} />}
      loading={start.isPending}
      onClick={() => start.mutate(undefined)}
    >
      Label the next {count(home.next_batch_size)}
    </Button>
  );
}

function OracleButton() {
  const [rounds, setRounds] = useState(3);
  const oracle = useOracle();
  return (
    <Group
      component="form"
      gap={8}
      align="flex-start"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        oracle.mutate(rounds);
      }}
    >
      <Button
        type="submit"
        variant="default"
        leftSection={<IconWand size={16} />}
        loading={oracle.isPending}
      >
        Let the known labels answer
      </Button>
      <NumberField
        aria-label="How many rounds the known labels answer"
        whole
        lowest={1}
        highest={50}
        w={112}
        unit={rounds === 1 ? "round" : "rounds"}
        value={rounds}
        change={setRounds}
      />
    </Group>
  );
}
