/** Team: who labels how well, and how far do they agree? Every number opens the assets behind it. */
import { Button, Skeleton } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { projectQuery, sessionQuery } from "../api/queries";
import { type Agreement, mayManage, type WorkReport } from "../api/types";
import { plural } from "../parts/format";
import { ErrorNotice, NotYours } from "../parts/Notices";
import { AgreementTab } from "./AgreementTab";
import { DisputesTab } from "./DisputesTab";
import { GoldTab } from "./GoldTab";
import { InvitationsTab } from "./InvitationsTab";
import { PeopleTab } from "./PeopleTab";
import { agreementQuery, disputesQuery, reportsQuery } from "./queries";
import styles from "./team.module.css";
import { TAB_NAMES, TABS, type TeamSearch } from "./teamSearch";
import { WorkforcesTab } from "./WorkforcesTab";

export type ChangeTeam = (part: Partial<TeamSearch>) => void;

export function TeamPage() {
  const me = useQuery(sessionQuery).data;
  if (!me) return null;
  if (!mayManage(me)) return <NotYours page="Team" needed="manager" role={me.role} />;
  return <Team />;
}

function Team() {
  const search = useSearch({ from: "/team" });
  const navigate = useNavigate({ from: "/team" });
  const project = useQuery(projectQuery).data;
  const reports = useQuery(reportsQuery);
  const agreement = useQuery(agreementQuery).data;
  const disputes = useQuery(disputesQuery).data;
  const change = useCallback<ChangeTeam>(
    (part) => void navigate({ search: (old) => ({ ...old, ...part }), resetScroll: false }),
    [navigate],
  );
  const tab = search.tab ?? "people";
  if (reports.error && !reports.data)
    return (
      <div className={styles.page}>
        <ErrorNotice error={reports.error} />
      </div>
    );
  return (
    <div className={styles.page}>
      <header className={styles.lead}>
        <h1 className={styles.sentence}>
          {reports.data && agreement ? (
            sentence(reports.data, agreement, disputes?.length ?? 0)
          ) : (
            <Skeleton component="span" display="block" height={28} width={420} />
          )}
        </h1>
        <Button
          size="md"
          // Each tab has one main action; inviting is that of the people.
          variant={tab === "people" ? "filled" : "default"}
          leftSection={<IconUserPlus size={18} />}
          onClick={() => change({ tab: "invitations", person: undefined, with: undefined })}
        >
          Invite somebody
        </Button>
      </header>
      <nav className={styles.tabs} aria-label="Team">
        {TABS.map((name) => (
          <Link
            key={name}
            to="/team"
            search={name === "people" ? {} : { tab: name }}
            activeOptions={{ exact: true, includeSearch: true }}
            aria-current={name === tab ? "page" : undefined}
          >
            {TAB_NAMES[name]}
            {name === "disputes" && disputes && disputes.length > 0 && (
              <span> {disputes.length}</span>
            )}
          </Link>
        ))}
      </nav>
      {tab === "people" && <PeopleTab search={search} change={change} />}
      {tab === "agreement" && <AgreementTab search={search} change={change} />}
      {tab === "disputes" && project && <DisputesTab project={project} />}
      {tab === "gold" && project && <GoldTab project={project} />}
      {tab === "workforces" && project && <WorkforcesTab project={project} />}
      {tab === "invitations" && <InvitationsTab />}
    </div>
  );
}

/** Where the team stands, in one sentence, with what to do about it. */
function sentence(reports: WorkReport[], agreement: Agreement, disputes: number): string {
  const people = reports.filter(({ role }) => role !== "model");
  const answers = people.reduce((sum, report) => sum + report.labels, 0);
  if (answers === 0)
    return "Nobody has labelled yet. Invite people, and what they do is told here.";
  const head = `${plural(people.length, "person has", "people have")} given ${plural(answers, "answer")}.`;
  const agree =
    agreement.alpha === null
      ? "Nothing was asked of two people yet, so nobody knows how far they agree."
      : `On what was asked of several they agree ${inWords(agreement.alpha)} (α ${agreement.alpha.toFixed(2)}).`;
  const open =
    disputes > 0 ? ` ${plural(disputes, "dispute waits", "disputes wait")} for a decision.` : "";
  return `${head} ${agree}${open}`;
}

/** Krippendorff's own thresholds. */
function inWords(alpha: number): string {
  return alpha >= 0.8 ? "well" : alpha >= 0.667 ? "passably" : "too little";
}
