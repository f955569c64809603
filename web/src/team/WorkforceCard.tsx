/** One workforce: its figures, what it did last, and what can be asked of it. */
import { Button, Popover, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { isActive } from "../api/jobList";
import type { Estimate, Job, ProjectInfo, WorkforceReport } from "../api/types";
import { remember, showFailure } from "../jobs/useRoundJobs";
import { count, duration, money, percent, plural } from "../parts/format";
import { Notice } from "../parts/Notices";
import { Range } from "./Range";
import { SendForm } from "./SendForm";
import team from "./team.module.css";
import {
  askTool,
  collectAnswers,
  retireWorkforce,
  subscribe,
  takeBack,
  workforcesQuery,
} from "./workforceQueries";
import styles from "./workforces.module.css";
import { problemsOf, saidOf, toolName } from "./workforceWords";

type Props = {
  report: WorkforceReport;
  project: ProjectInfo;
  /** How many tasks wait in the queue. */
  waiting: number;
  currency: string | null;
  owns: boolean;
  /** What was last sent or collected. */
  job: Job | null;
};

export function WorkforceCard(props: Props) {
  const { report, project, waiting, owns, job } = props;
  const { workforce, in_flight } = report;
  const { name, active } = workforce;
  const client = useQueryClient();
  const busy = job !== null && isActive(job);
  const onJob = { onSuccess: (made: Job) => remember(client, made), onError: showFailure };
  const collect = useMutation({ mutationFn: () => collectAnswers(name), ...onJob });
  const tell = (title: string, message = "") => {
    notifications.show({ title, message, color: "teal" });
    void client.invalidateQueries({ queryKey: workforcesQuery.queryKey });
    void client.invalidateQueries({ queryKey: ["home"] });
  };
  const back = useMutation({
    mutationFn: () => takeBack(name),
    onSuccess: ({ count: number }) =>
      tell(`${plural(number, "task")} came back`, "They are in the queue for others again."),
    onError: showFailure,
  });
  const tool = useMutation({
    mutationFn: () => askTool(name),
    onSuccess: (found) => tell("It answers", found.tool),
    onError: showFailure,
  });
  const retire = useMutation({
    mutationFn: () => retireWorkforce(name),
    onSuccess: () => tell(`${name} gets no batches any more`, "Answers still come in."),
    onError: showFailure,
  });
  return (
    <section className={team.card} aria-label={name} data-away={!active || undefined}>
      <header className={team.cardHead}>
        <div className={styles.name}>
          <h2>
            {name} {!active && <span className={styles.retired}>retired</span>}
          </h2>
          <p className={team.hint}>
            {toolName(workforce.kind)} at {workforce.url}
            {workforce.token !== null && `, token in ${workforce.token.replace(/^env:/, "$")}`}
          </p>
        </div>
        {active && <SendForm name={name} project={project} waiting={waiting} busy={busy} />}
      </header>
      <Figures {...props} />
      <Last job={job} />
      <div className={styles.actions}>
        <Button
          size="xs"
          variant="default"
          loading={collect.isPending || (busy && job?.kind === "collect_answers")}
          disabled={report.sent === 0}
          onClick={() => collect.mutate()}
        >
          Collect now
        </Button>
        <Button
          size="xs"
          variant="default"
          loading={back.isPending}
          disabled={in_flight === 0}
          onClick={() => back.mutate()}
        >
          {in_flight > 0 ? `Take ${plural(in_flight, "task")} back` : "Take back"}
        </Button>
        <Button size="xs" variant="default" loading={tool.isPending} onClick={() => tool.mutate()}>
          Is it there?
        </Button>
        {owns && report.sent > 0 && <Subscribe name={name} />}
        {owns && active && (
          <Button
            size="xs"
            variant="subtle"
            color="gray"
            loading={retire.isPending}
            onClick={() => retire.mutate()}
          >
            Retire
          </Button>
        )}
      </div>
    </section>
  );
}

function Figures({ report, currency }: Props) {
  const { workforce, sent, in_flight, answered, refused, returned, people } = report;
  const price = report.money_per_label;
  return (
    <dl className={styles.figures}>
      <div>
        <dt>Out now</dt>
        <dd>
          {count(in_flight)} <small>of {count(sent)} sent</small>
        </dd>
      </div>
      <div>
        <dt>Answered</dt>
        <dd>
          {answered > 0 ? (
            <Link to="/team" search={{ tab: "people" }} className={team.number}>
              {count(answered)}
            </Link>
          ) : (
            "0"
          )}{" "}
          <small>
            {[
              people > 0 && `by ${plural(people, "person", "people")}`,
              refused > 0 && `${count(refused)} refused`,
              returned > 0 && `${count(returned)} came back`,
            ]
              .filter(Boolean)
              .join(", ")}
          </small>
        </dd>
      </div>
      <div>
        <dt>Cost</dt>
        <dd>
          {money(report.money, currency)}{" "}
          <small>
            {price === null
              ? terms(workforce.price, workforce.hourly_cost, currency)
              : `${money(price, currency)} a label`}
          </small>
        </dd>
      </div>
      <div>
        <dt>Until the answer</dt>
        <dd>
          {report.hours === null ? "–" : duration(report.hours * 3600)}{" "}
          <small>
            {report.slowest_hours !== null &&
              `nine of ten within ${duration(report.slowest_hours * 3600)}`}
          </small>
        </dd>
      </div>
      <Quality name="Others agree" of={report.agreement} none="nobody else has answered yet" />
      <Quality name="Gold questions" of={report.gold_accuracy} none="none were asked" />
    </dl>
  );
}

function Quality({ name, of, none }: { name: string; of: Estimate | null; none: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {of === null ? (
          <small>{none}</small>
        ) : (
          <>
            <Range of={of} />
            {percent(of.value, 0)} <small>of {count(of.count)}</small>
          </>
        )}
      </dd>
    </div>
  );
}

function terms(price: number | null, hour: number | null, currency: string | null): string {
  const said = [
    price !== null && `${money(price, currency)} an answer`,
    hour !== null && `${money(hour, currency)} an hour`,
  ].filter(Boolean);
  return said.length > 0 ? said.join(", ") : "free";
}

/** What the last sending or collecting brought, and what could not be stored. */
function Last({ job }: { job: Job | null }) {
  const said = saidOf(job);
  if (said === null) return null;
  const problems = problemsOf(job);
  if (job?.state === "failed")
    return (
      <div className={styles.last}>
        <Notice message={said} remedy={job.error?.remedy ?? "Its log says more."} />
      </div>
    );
  return (
    <div className={styles.last} role="status">
      <p>{said}</p>
      {problems.length > 0 && (
        <ul className={styles.problems} aria-label="What could not be stored">
          {problems.slice(0, 5).map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
          {problems.length > 5 && <li>and {count(problems.length - 5)} more</li>}
        </ul>
      )}
    </div>
  );
}

/** Answers as they are given: the tool calls this server. */
function Subscribe({ name }: { name: string }) {
  const [opened, setOpened] = useState(false);
  const [address, setAddress] = useState(window.location.origin);
  const call = useMutation({
    mutationFn: () => subscribe(name, address),
    onSuccess: ({ places }) => {
      setOpened(false);
      notifications.show({
        title:
          places > 0
            ? `Answers of ${plural(places, "place")} come by themselves`
            : "This tool cannot send answers by itself",
        message: places > 0 ? "Go on collecting now and then all the same." : "Collect them.",
        color: places > 0 ? "teal" : "yellow",
      });
    },
    onError: showFailure,
  });
  return (
    <Popover opened={opened} onChange={setOpened} width={340} trapFocus withRoles>
      <Popover.Target>
        <Button size="xs" variant="default" onClick={() => setOpened(!opened)}>
          Let it call…
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className={team.form}
          onSubmit={(event) => {
            event.preventDefault();
            call.mutate();
          }}
        >
          <TextInput
            label="Where it reaches this server"
            description="It then sends each answer as it is given, with a new secret."
            required
            data-autofocus
            value={address}
            onChange={(event) => setAddress(event.currentTarget.value)}
          />
          <Button type="submit" size="sm" loading={call.isPending}>
            Let it send answers
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
