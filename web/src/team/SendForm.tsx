/** Sends a workforce the next tasks of the queue: how many, for how long, with what. */
import { Button, Checkbox, Popover, TextInput } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { policyQuery } from "../api/queries";
import type { Job, ProjectInfo } from "../api/types";
import { remember, showFailure } from "../jobs/useRoundJobs";
import { plural } from "../parts/format";
import { NumberField } from "../parts/NumberField";
import team from "./team.module.css";
import { sendBatch } from "./workforceQueries";

type Props = { name: string; project: ProjectInfo; waiting: number; busy: boolean };

const USUAL = 100;
const WEEK = 7;

export function SendForm({ name, project, waiting, busy }: Props) {
  const client = useQueryClient();
  const policy = useQuery(policyQuery).data;
  const [opened, setOpened] = useState(false);
  const [wanted, setWanted] = useState<number | null>(null);
  const [days, setDays] = useState(WEEK);
  const [prelabels, setPrelabels] = useState(false);
  const [opinions, setOpinions] = useState(1);
  const [share, setShare] = useState("");
  const number = Math.max(1, Math.min(waiting, wanted ?? USUAL));
  const several = Math.max(
    policy?.overlap ?? 1,
    ...Object.values(policy?.class_overlap ?? {}).map((rule) => rule.opinions),
  );
  const send = useMutation({
    mutationFn: () =>
      sendBatch(name, {
        count: number,
        days,
        prelabels,
        opinions,
        share_at: share === "" ? null : share,
      }),
    onSuccess: (job: Job) => {
      remember(client, job);
      setOpened(false);
    },
    onError: showFailure,
  });
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      width={340}
      position="bottom-end"
      trapFocus
      withRoles
    >
      <Popover.Target>
        <Button
          size="sm"
          leftSection={<IconSend size={16} />}
          loading={busy}
          onClick={() => setOpened(!opened)}
        >
          Send a batch…
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        {waiting === 0 ? (
          <p className={team.hint}>
            No task waits in the queue.{" "}
            <Link to="/" className={team.link}>
              Choose the next batch
            </Link>{" "}
            first.
          </p>
        ) : (
          <form
            className={team.form}
            onSubmit={(event) => {
              event.preventDefault();
              send.mutate();
            }}
          >
            <NumberField
              label="Assets"
              description={`The most wanted of ${plural(waiting, "waiting task")}; nobody here is asked meanwhile.`}
              whole
              lowest={1}
              highest={waiting}
              data-autofocus
              value={number}
              change={setWanted}
            />
            <NumberField
              label="Come back after"
              unit={days === 1 ? "day" : "days"}
              lowest={1}
              highest={365}
              value={days}
              change={setDays}
            />
            {several > 1 && (
              <NumberField
                label="Opinions on one asset"
                description="Where several are wanted: at most so many of its people answer each."
                whole
                lowest={1}
                highest={several}
                value={opinions}
                change={setOpinions}
              />
            )}
            {project.media === "image" && (
              <TextInput
                label="Where it reaches this server"
                description="Pictures then go as signed addresses; left empty, they go along."
                placeholder="https://querist.example.com"
                value={share}
                onChange={(event) => setShare(event.currentTarget.value.trim())}
              />
            )}
            <Checkbox
              label="Send the model's suggestions along"
              checked={prelabels}
              onChange={(event) => setPrelabels(event.currentTarget.checked)}
            />
            <Button type="submit" loading={send.isPending}>
              Send {plural(number, "asset")} to {name}
            </Button>
          </form>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
