/** Settings, Bring in: more assets, predictions of a model elsewhere, vectors of an encoder elsewhere. */
import { Checkbox, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { addFolder, importEmbeddings, importPredictions } from "../api/actions";
import { projectQuery, sessionQuery } from "../api/queries";
import { isOneClass, type Job, mayManage, type ProjectInfo } from "../api/types";
import { count } from "../parts/format";
import { NotYours } from "../parts/Notices";
import { FileForm } from "./FileForm";
import { Card } from "./SettingsCard";
import { SettingsTabs } from "./SettingsTabs";
import styles from "./settings.module.css";

export function ImportPage() {
  const me = useQuery(sessionQuery).data;
  const project = useQuery(projectQuery).data;
  if (!me || !project) return null;
  if (!mayManage(me)) return <NotYours page="Bring in" needed="manager" role={me.role} />;
  // Vectors, and whatever lies on the server, are for owners.
  const owner = me.role === "owner";
  return (
    <div className={styles.scroll}>
      <div className={styles.page}>
        <SettingsTabs />
        <header className={styles.lead}>
          <h1 className={styles.sentence}>
            {count(project.asset_count)} {project.asset_count === 1 ? "asset" : "assets"}. What else
            is known can come in from files.
          </h1>
        </header>
        <div className={styles.cards}>
          {owner && <Assets />}
          {project.task !== "polygons" && <Predictions project={project} owner={owner} />}
          {owner && <Vectors />}
        </div>
      </div>
    </div>
  );
}

function Assets() {
  return (
    <Card
      title="More assets"
      say="A folder or a file of the server. Nothing is copied, and what is there already is not added twice."
    >
      <FileForm
        kind="add"
        go="Add"
        sample="/data/photos"
        told={{}}
        byPath={({ path }) => addFolder(path)}
      />
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

const NUMBERS = [".csv", ".jsonl", ".parquet", ".npz"] as const;
const LABELS = [".jsonl", ".parquet"] as const;
const KINDS: Record<ProjectInfo["task"], readonly string[]> = {
  classification: NUMBERS,
  multi_label: NUMBERS,
  regression: NUMBERS,
  boxes: [...LABELS, ".json"],
  spans: LABELS,
  polygons: [],
};

function Predictions({ project, owner }: { project: ProjectInfo; owner: boolean }) {
  const [name, setName] = useState("");
  const [logits, setLogits] = useState(false);
  const [partial, setPartial] = useState(false);
  return (
    <Card
      title="Predictions"
      say={`What a model elsewhere says: ${ROWS[project.task]}. It suggests and chooses batches until the next training.`}
    >
      <FileForm
        kind="import_predictions"
        go="Bring them in"
        sample="/data/said.parquet"
        told={{ name, logits, partial }}
        byPath={owner ? importPredictions : undefined}
        sent={{ path: "/predictions/upload", kinds: KINDS[project.task] }}
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
  const [name, setName] = useState("");
  const [version, setVersion] = useState("1");
  const [use, setUse] = useState(true);
  return (
    <Card
      title="Vectors"
      say="What an encoder elsewhere made of each asset: a column id and numbers. Nearness, batches and models here then go by them."
    >
      <FileForm
        kind="import_embeddings"
        go="Bring them in"
        sample="/data/vectors.npz"
        told={{ name, version, use }}
        byPath={importEmbeddings}
        sent={{ path: "/embeddings/upload", kinds: NUMBERS }}
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
