/** All rounds: what each chose, and what it brought. */
import { Skeleton, Table } from "@mantine/core";
import { IconTimeline } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { homeQuery, projectQuery, roundsQuery, sessionQuery } from "../api/queries";
import type { Home, RoundSummary } from "../api/types";
import { EstimateText } from "../parts/EstimateText";
import { ago, count, plural, stepName, words } from "../parts/format";
import { measureName } from "../parts/measures";
import { NoAudit } from "../parts/NoAudit";
import { NoControl } from "../parts/NoControl";
import { Empty, ErrorNotice, RoundsVeiled } from "../parts/Notices";
import { CompareLink } from "./CompareLink";
import styles from "./rounds.module.css";

/** The newest round with the one before. */
const NEWEST = {};

export function RoundsPage() {
  const home = useQuery(homeQuery);
  if (useQuery(sessionQuery).data?.veiled) return <RoundsVeiled />;
  if (home.error && !home.data) return <ErrorNotice error={home.error} />;
  if (!home.data)
    return (
      <div className={styles.page}>
        <Skeleton height={320} radius="lg" />
      </div>
    );
  if (home.data.rounds.length === 0)
    return (
      <Empty
        title="No round yet"
        icon={<IconTimeline size={24} />}
        action={
          <Link className={styles.link} to="/">
            Go to Home to begin the first one
          </Link>
        }
      >
        A round chooses what is worth a label, waits for the answers, trains, measures, and says
        whether to go on.
      </Empty>
    );
  return <RoundList home={home.data} />;
}

function RoundList({ home }: { home: Home }) {
  const rounds = [...home.rounds].sort((a, b) => b.number - a.number);
  const details = useQuery(roundsQuery).data;
  const learns = useQuery(projectQuery).data?.learns;
  const lessons = new Map(details?.map((round) => [round.number, round.findings[0]?.title]));
  const random = new Map(home.curve.control.map((point) => [point.round, point.labels]));
  const finished = rounds.filter((round) => round.step === "done").length;
  const measured = rounds.filter(({ accuracy }) => accuracy !== null).length;
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1 className={styles.title}>
          {plural(rounds.length, "round")},{" "}
          {measured === rounds.length ? "all measured" : `${measured} measured`}.
        </h1>
        {finished > 0 && <CompareLink search={NEWEST}>Compare</CompareLink>}
      </header>
      {learns && <NoAudit home={home} className={styles.warned} />}
      {learns && <NoControl home={home} className={styles.warned} />}
      <section className={styles.card}>
        <Table.ScrollContainer minWidth={760} type="native">
          <Table verticalSpacing="sm" horizontalSpacing="md" highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Round</Table.Th>
                <Table.Th>Chosen by</Table.Th>
                <Table.Th ta="right">Assets</Table.Th>
                <Table.Th ta="right">Labels</Table.Th>
                <Table.Th ta="right">{measureName(home.curve.measure)}</Table.Th>
                <Table.Th ta="right">Random</Table.Th>
                <Table.Th ta="right">Its labels</Table.Th>
                <Table.Th miw={200}>What it taught</Table.Th>
                <Table.Th ta="right">When</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rounds.map((round) => (
                <Row
                  key={round.number}
                  round={round}
                  lesson={lessons.get(round.number)}
                  controlLabels={random.get(round.number)}
                />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </section>
    </div>
  );
}

function maybe(value: number | null): string {
  return value === null ? "–" : count(value);
}

type RowProps = {
  round: RoundSummary;
  lesson: string | undefined;
  controlLabels: number | undefined;
};

function Row({ round, lesson, controlLabels }: RowProps) {
  const navigate = useNavigate();
  const params = { number: String(round.number) };
  return (
    <Table.Tr
      className={styles.row}
      onClick={() => void navigate({ to: "/rounds/$number", params })}
    >
      <Table.Td>
        <Link className={styles.rowLink} to="/rounds/$number" params={params}>
          Round {round.number}
        </Link>
      </Table.Td>
      <Table.Td>{words(round.strategy ?? "random")}</Table.Td>
      <Table.Td ta="right">{maybe(round.drawn)}</Table.Td>
      <Table.Td ta="right">{maybe(round.labels)}</Table.Td>
      <Table.Td ta="right">{round.accuracy ? <EstimateText of={round.accuracy} /> : "–"}</Table.Td>
      <Table.Td ta="right" c="dimmed">
        {round.control_accuracy ? <EstimateText of={round.control_accuracy} /> : "–"}
      </Table.Td>
      <Table.Td ta="right" c="dimmed">
        {maybe(controlLabels ?? null)}
      </Table.Td>
      <Table.Td c="dimmed">
        {round.step === "done" ? (lesson ?? "") : stepName(round.step)}
      </Table.Td>
      <Table.Td ta="right" c="dimmed" className={styles.when}>
        {ago(round.finished_at ?? round.started_at)}
      </Table.Td>
    </Table.Tr>
  );
}
