/** Settings, Labelling: how often is an asset asked about, of whom, and what measures people? */
import { Button, Select, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { changePolicy } from "../api/actions";
import { homeQuery, policyQuery, projectQuery, sessionQuery } from "../api/queries";
import { type LabelingPolicy, MOST_MONEY, mayManage, type ProjectInfo } from "../api/types";
import { amountName, plural } from "../parts/format";
import { ErrorNotice, NotYours } from "../parts/Notices";
import { NumberField } from "../parts/NumberField";
import { METHODS } from "../team/ConsensusCard";
import { ClassRules } from "./ClassRules";
import { changedOf, type Draft, draftOf, policyOf, tasksOf } from "./labelingDraft";
import { Card } from "./SettingsCard";
import { SettingsTabs } from "./SettingsTabs";
import styles from "./settings.module.css";

export function LabelingPage() {
  const me = useQuery(sessionQuery).data;
  const project = useQuery(projectQuery).data;
  const allowed = mayManage(me);
  const { data, error } = useQuery({ ...policyQuery, enabled: allowed });
  if (!me || !project) return null;
  if (!allowed) return <NotYours page="Settings" needed="manager" role={me.role} />;
  return (
    <div className={styles.scroll}>
      <div className={styles.page}>
        <SettingsTabs />
        {error && !data && <ErrorNotice error={error} />}
        {data ? <Form policy={data} project={project} /> : <Skeleton height={480} radius="lg" />}
      </div>
    </div>
  );
}

function Form({ policy, project }: { policy: LabelingPolicy; project: ProjectInfo }) {
  const client = useQueryClient();
  const currency = useQuery(homeQuery).data?.currency ?? null;
  const [seen, setSeen] = useState(policy);
  const [draft, setDraft] = useState(() => draftOf(policy));
  const [touched, { open: touch, close: settle }] = useDisclosure(false);
  // What others save meanwhile shows up, unless somebody is editing here.
  if (seen !== policy && !touched) {
    setSeen(policy);
    setDraft(draftOf(policy));
  }
  const edit = (part: Partial<Draft>) => {
    touch();
    setDraft((old) => ({ ...old, ...part }));
  };
  const changed = changedOf(policy, draft);
  const number = Object.keys(changed).length;
  const save = useMutation({
    mutationFn: (change: Partial<LabelingPolicy>) => changePolicy(change),
    onSuccess: (made, change) => {
      const before = Object.fromEntries(
        (Object.keys(change) as (keyof LabelingPolicy)[]).map((field) => [field, policy[field]]),
      );
      settle();
      setSeen(made);
      setDraft(draftOf(made));
      client.setQueryData(policyQuery.queryKey, made);
      void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      const notice = notifications.show({
        title: "Saved: it holds from the next batch on",
        message: (
          <Button
            size="compact-xs"
            variant="default"
            mt={4}
            onClick={() => {
              notifications.hide(notice);
              save.mutate(before);
            }}
          >
            Undo
          </Button>
        ),
        color: "teal",
      });
    },
  });
  const byClass = project.task === "classification";
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (number > 0) save.mutate(changed);
      }}
    >
      <header className={styles.lead}>
        <h1 className={styles.sentence}>{sentence(policyOf(draft), draft, project)}</h1>
        <div className={styles.buttons}>
          {number > 0 && (
            <Button
              variant="subtle"
              color="gray"
              onClick={() => {
                settle();
                setDraft(draftOf(policy));
              }}
            >
              As it was
            </Button>
          )}
          <Button type="submit" size="md" disabled={number === 0} loading={save.isPending}>
            Save
          </Button>
        </div>
      </header>
      {save.error && <ErrorNotice error={save.error} />}
      <div className={styles.cards}>
        <Card
          title="Several opinions"
          say="A share of each batch goes to several people, none of whom sees the answers of the others. The label is made of what they say."
        >
          <div className={styles.fields}>
            <NumberField
              label="People for each asset"
              whole
              lowest={1}
              highest={20}
              value={draft.overlap}
              change={(overlap) => edit({ overlap })}
            />
            <Percent
              label="Share of each batch"
              value={draft.overlapShare}
              disabled={draft.overlap < 2}
              change={(overlapShare) => edit({ overlapShare })}
            />
            <Select
              label="The label is made by"
              inputWrapperOrder={["label", "input", "description"]}
              description={METHODS[draft.consensus].say}
              data={Object.entries(METHODS)
                .filter(([value]) => byClass || value === "majority")
                .map(([value, { label }]) => ({ value, label }))}
              value={draft.consensus}
              allowDeselect={false}
              onChange={(value) => edit({ consensus: value as Draft["consensus"] })}
            />
          </div>
        </Card>
        {byClass && (
          <Card
            title="By class"
            say="What goes by the class that the model says: more opinions where it is hard, and people who know it. Where a class has no number here, what stands above holds."
          >
            <ClassRules
              rules={draft.rules}
              classes={project.ontology.classes}
              change={(rules) => edit({ rules })}
            />
          </Card>
        )}
        <Card
          title="What measures people"
          say={
            <>
              What comes of it stands under{" "}
              <Link to="/team" search={{ tab: "agreement" }} className={styles.link}>
                Team
              </Link>
              .
            </>
          }
        >
          <div className={styles.fields}>
            <Percent
              label="Gold questions"
              description={
                draft.gold > 0
                  ? "Annotators see no labels but their own meanwhile, so that these look like any other."
                  : "Of an annotator's tasks, those whose answer is known."
              }
              most={50}
              value={draft.gold}
              change={(gold) => edit({ gold })}
            />
            <Percent
              label="Without the suggestion"
              description="Of all tasks: tells how far suggestions sway people."
              value={draft.blind}
              change={(blind) => edit({ blind })}
            />
            <Percent
              label="Asked again"
              description="Of each batch: another opinion on the labels most in doubt."
              value={draft.again}
              change={(again) => edit({ again })}
            />
          </div>
        </Card>
        <Card title="What an hour costs" say="Of people who have no cost of their own.">
          <div className={styles.fields}>
            <NumberField
              label={amountName("Hourly cost", currency)}
              empty="not known"
              lowest={0}
              highest={MOST_MONEY}
              value={draft.hourlyCost}
              change={(hourlyCost) => edit({ hourlyCost })}
            />
          </div>
        </Card>
      </div>
    </form>
  );
}

/** What a batch becomes by these settings. */
function sentence(policy: LabelingPolicy, draft: Draft, project: ProjectInfo): string {
  const batch = project.default_batch_size;
  const tasks = tasksOf(batch, draft);
  const rules = Object.keys(policy.class_overlap).length;
  const head =
    tasks === batch
      ? `A batch of ${batch} is ${plural(tasks, "task")}: one person for each asset`
      : `A batch of ${batch} becomes ${plural(tasks, "task")}`;
  const more = rules > 0 ? `, and more where the rules by class say so` : "";
  const gold =
    policy.gold_share > 0
      ? ` About one task in ${Math.round(1 / policy.gold_share)} is a gold question.`
      : "";
  return `${head}${more}.${gold}`;
}

type PercentProps = {
  label: string;
  description?: string;
  value: number;
  most?: number;
  disabled?: boolean;
  change: (value: number) => void;
};

function Percent({ label, description, value, most = 100, disabled, change }: PercentProps) {
  return (
    <NumberField
      label={label}
      description={description}
      unit="%"
      lowest={0}
      highest={most}
      step={5}
      disabled={disabled ?? false}
      value={value}
      change={change}
    />
  );
}
