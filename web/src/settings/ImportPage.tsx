/** Settings, Bring in: more assets, predictions of a model elsewhere, vectors of an encoder elsewhere. */
import { Button, Checkbox, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import { addFolder, importEmbeddings, importPredictions } from "../api/actions";
import { projectQuery, sessionQuery } from "../api/queries";
import { isOneClass, type Job, type ProjectInfo } from "../api/types";
import { JobOutcome } from "../jobs/JobOutcome";
import { type OneJob, useOneJob } from "../jobs/useOneJob";
import { count } from "../parts/format";
import { NotYours } from "../parts/Notices";
import { Card } from "./SettingsCard";
import { SettingsTabs } from "./SettingsTabs";
import styles from "./settings.module.css";

export function ImportPage() {
  const me = useQuery(sessionQuery).data;
  const project = useQuery(projectQuery).data;
  if (!me || !project) return null;
  if (me.role !== "owner") return <NotYours page="Bring in" needed="owner" role={me.role} />;
  return (
    <div className={styles.scroll}>
      <div className={styles.page}>
        <SettingsTabs />
        <header className={styles.lead}>
          <h1 className={styles.sentence}>
            {count(project.asset_count)} {project.asset_count === 1 ? "asset" : "assets"}. What else
            is known can come in from files on the machine that runs Querist.
          </h1>
        </header>
        <div className={styles.cards}>
          <Assets />
          {project.task !== "polygons" && <Predictions project={project} />}
          <Vectors />
        </div>
      </div>
    </div>
  );
}

function Assets() {
  const of = useOneJob("add", addFolder);
  return (
    <Card
      title="More assets"
      say="A folder or a file. Nothing is copied, and what is there already is not added twice."
    >
      <FileForm of={of} go="Add" sample="/data/photos" send={(path) => path} />
    </Card>
  );
}

/** What a file of predictions holds for each task. */
const ROWS: Record<ProjectInfo["task"], string> = {
  classification:
    "a column id and one of probabilities for each class, as CSV, JSONL, Parquet or npz",
  multi_label: "a column id and one of chances for each class, as CSV, JSONL or Parquet",
  regression: "columns id, number and perhaps uncertainty, as CSV, JSONL or Parquet",
  boxes: "id and label as an export writes them, as JSONL or Parquet, or COCO's results",
  spans: "id and label as an export writes them, as JSONL or Parquet",
  polygons: "",
};

function Predictions({ project }: { project: ProjectInfo }) {
  const of = useOneJob("import_predictions", importPredictions);
  const [name, setName] = useState("");
  const [logits, setLogits] = useState(false);
  const [partial, setPartial] = useState(false);
  return (
    <Card
      title="Predictions"
      say={`What a model elsewhere says: ${ROWS[project.task]}. It suggests and chooses batches until the next training.`}
    >
      <FileForm
        of={of}
        go="Bring them in"
        sample="/data/said.parquet"
        send={(path) => ({ path, name, logits, partial })}
        done={() => (
          <p>
            {isOneClass(project) ? (
              <Link to="/catalog" search={{ sort: "margin" }}>
                See where it is least sure
              </Link>
            ) : (
              <Link to="/">See what it is good for</Link>
            )}
          </p>
        )}
      >
        <TextInput
          label="What to call the model"
          placeholder="resnet-7"
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {isOneClass(project) && (
          <Checkbox
            label="The numbers are logits, not probabilities"
            checked={logits}
            onChange={(event) => setLogits(event.currentTarget.checked)}
          />
        )}
        <Checkbox
          label="The file may leave out assets"
          description={
            isOneClass(project)
              ? "A stand-in that learns from the file answers for them."
              : "They have no suggestion, and count as what it is least sure of."
          }
          checked={partial}
          onChange={(event) => setPartial(event.currentTarget.checked)}
        />
      </FileForm>
    </Card>
  );
}

function Vectors() {
  const of = useOneJob("import_embeddings", importEmbeddings);
  const [name, setName] = useState("");
  const [version, setVersion] = useState("1");
  const [use, setUse] = useState(true);
  return (
    <Card
      title="Vectors"
      say="What an encoder elsewhere made of each asset: a column id and numbers. Nearness, batches and models here then go by them."
    >
      <FileForm
        of={of}
        go="Bring them in"
        sample="/data/vectors.npz"
        send={(path) => ({ path, name, version, use })}
        done={(job) => (
          <p>
            {use
              ? `Start querist serve again: from then on the project uses ${encoderOf(job, name)}.`
              : "They are stored; the project goes on with the vectors that it has."}
          </p>
        )}
      >
        <div className={styles.fields}>
          <TextInput
            label="What to call the encoder"
            placeholder="clip"
            required
            maxLength={40}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label="Version"
            required
            maxLength={40}
            value={version}
            onChange={(event) => setVersion(event.currentTarget.value)}
          />
        </div>
        <Switch
          label="The project uses them from its next start"
          checked={use}
          onChange={(event) => setUse(event.currentTarget.checked)}
        />
      </FileForm>
    </Card>
  );
}

function encoderOf(job: Job, name: string): string {
  const key = job.result?.encoder;
  return typeof key === "string" ? key : name;
}

type FormProps<T> = {
  of: OneJob<T>;
  go: string;
  sample: string;
  send: (path: string) => T;
  done?: (job: Job) => ReactNode;
  children?: ReactNode;
};

function FileForm<T>({ of, go, sample, send, done, children }: FormProps<T>) {
  const [path, setPath] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!of.busy) of.start.mutate(send(path.trim()));
  };
  return (
    <form className={styles.stack} onSubmit={submit}>
      <TextInput
        label="Path on the server"
        required
        placeholder={sample}
        spellCheck={false}
        autoComplete="off"
        value={path}
        onChange={(event) => setPath(event.currentTarget.value)}
      />
      {children}
      <div>
        <Button type="submit" variant="default" loading={of.busy} disabled={path.trim() === ""}>
          {go}
        </Button>
      </div>
      <JobOutcome of={of}>{done}</JobOutcome>
    </form>
  );
}
