/** Everybody in one table: how fast, how right, how much alike the others, and at what cost. */
import { Skeleton, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { homeQuery } from "../api/queries";
import type { Agreement, Estimate, Person, WorkReport } from "../api/types";
import { count, duration, inMoney, money, percent, plural, words } from "../parts/format";
import { PersonDrawer } from "./PersonDrawer";
import { agreementQuery, peopleQuery, reportsQuery } from "./queries";
import { Range } from "./Range";
import type { ChangeTeam } from "./TeamPage";
import styles from "./team.module.css";
import type { TeamSearch } from "./teamSearch";
import { workforcesQuery } from "./workforceQueries";

type Props = { search: TeamSearch; change: ChangeTeam };

export type Known = {
  person: Person;
  report: WorkReport | null;
  opinions: Agreement["annotators"][number] | null;
};

export function PeopleTab({ search, change }: Props) {
  const people = useQuery(peopleQuery).data;
  const reports = useQuery(reportsQuery).data;
  const agreement = useQuery(agreementQuery).data;
  const workforces = useQuery(workforcesQuery).data ?? [];
  const currency = useQuery(homeQuery).data?.currency ?? null;
  if (!people || !reports || !agreement) return <Skeleton height={320} radius="lg" />;
  const known = people
    .filter(({ role }) => role !== "model")
    .map((person) => ({
      person,
      report: reports.find(({ name }) => name === person.name) ?? null,
      opinions: agreement.annotators.find(({ annotator }) => annotator === person.name) ?? null,
    }));
  const open = known.find(({ person }) => person.name === search.person);
  return (
    <>
      <section className={styles.card} aria-label="People">
        <Table.ScrollContainer minWidth={760} type="native">
          <Table verticalSpacing="xs" horizontalSpacing="md" highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th ta="right">Answers</Table.Th>
                <Table.Th ta="right">Time each</Table.Th>
                <Table.Th>In review</Table.Th>
                <Table.Th>As it ends</Table.Th>
                <Table.Th ta="right">Gold</Table.Th>
                <Table.Th ta="right">Spent</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {known.map((one) => (
                <Row
                  key={one.person.name}
                  known={one}
                  outside={workforces.some(({ workforce }) => workforce.name === one.person.name)}
                  currency={currency}
                  change={change}
                />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        <p className={styles.hint}>
          “Answers” are all labels that somebody has given, also those changed or undone since; “In
          review” is the share of reviewed labels that were accepted; “As it ends” that of the
          labels that hold in the end, of those that others labelled or reviewed too. Each with its
          95 % interval and the count behind it.
        </p>
      </section>
      {open && (
        <PersonDrawer
          key={open.person.name}
          known={open}
          currency={currency}
          close={() => change({ person: undefined })}
        />
      )}
    </>
  );
}

type RowProps = {
  known: Known;
  /** Whether it is a workforce: its skills say what it is sent. */
  outside: boolean;
  currency: string | null;
  change: ChangeTeam;
};

function Row({ known, outside, currency, change }: RowProps) {
  const { person, report, opinions } = known;
  const { name } = person;
  const more = (text: string, label: string) => (
    <button
      type="button"
      className={styles.number}
      aria-label={`${label} of ${name}: ${text}`}
      onClick={() => change({ person: name })}
    >
      {text}
    </button>
  );
  return (
    <Table.Tr data-away={!person.active || undefined} className={styles.row}>
      <Table.Td>
        <button type="button" className={styles.name} onClick={() => change({ person: name })}>
          {name}
        </button>
        <span className={styles.role}>
          {[outside ? "Workforce" : roleOf(person), ...person.skills].join(" · ")}
        </span>
      </Table.Td>
      <Table.Td ta="right">
        {report ? (
          <Link to="/review" search={{ state: "any", annotator: name }} className={styles.number}>
            {count(report.labels)}
          </Link>
        ) : (
          "–"
        )}
      </Table.Td>
      <Table.Td ta="right">
        {report?.seconds == null ? "–" : more(seconds(report.seconds), "Time a label")}
      </Table.Td>
      <Table.Td>
        <Share
          of={report?.accuracy ?? null}
          text="reviewed"
          open={() => change({ person: name })}
        />
      </Table.Td>
      <Table.Td>
        <Share of={report?.agreement ?? null} text="shared" open={() => change({ person: name })} />
      </Table.Td>
      <Table.Td ta="right">
        {opinions && opinions.gold_accuracy !== null
          ? more(`${percent(opinions.gold_accuracy, 0)} of ${opinions.gold_answers}`, "Gold")
          : "–"}
      </Table.Td>
      <Table.Td ta="right">
        {spent(report, currency)}
        {person.hourly_cost !== null && (
          <span className={styles.role}>{money(person.hourly_cost, currency)} an hour</span>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function roleOf(person: Person): string {
  return person.active ? words(person.role) : "Sent away";
}

/** The time where nobody knows what it costs. */
function spent(report: WorkReport | null, currency: string | null): string {
  if (report === null || report.worked === 0) return "–";
  return report.cost === null ? duration(report.worked) : inMoney(report.cost, currency);
}

export function seconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} s` : duration(value);
}

type ShareProps = { of: Estimate | null; text: string; open: () => void };

function Share({ of, text, open }: ShareProps) {
  if (of === null) return <span className={styles.none}>not yet</span>;
  return (
    <button type="button" className={styles.number} onClick={open} title={intervalOf(of, text)}>
      <Range of={of} /> {percent(of.value, 0)}{" "}
      <small>
        {percent(of.low, 0)} to {percent(of.high, 0)}, {count(of.count)}
      </small>
    </button>
  );
}

function intervalOf(of: Estimate, text: string): string {
  return `95 % interval ${percent(of.low)} to ${percent(of.high)}, from ${plural(of.count, `${text} label`)}`;
}
