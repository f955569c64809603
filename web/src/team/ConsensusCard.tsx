/** All labels of opinions made anew by a method: see what it would change, apply it, take it back. */
import { Button, Select } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ConsensusMethod, ProjectInfo } from "../api/types";
import { showFailure } from "../jobs/useRoundJobs";
import { plural } from "../parts/format";
import { valueText } from "../parts/valueText";
import { AssetStrip } from "./AssetStrip";
import { previewConsensus, recomputeConsensus, takeBackConsensus } from "./queries";
import styles from "./team.module.css";

export const METHODS: Record<ConsensusMethod, { label: string; say: string }> = {
  majority: { label: "Majority", say: "What most say; ties stay open." },
  "dawid-skene": {
    label: "Dawid-Skene",
    say: "Weighs each person by what they take for what, learned from all opinions.",
  },
  glad: { label: "GLAD", say: "Weighs people by skill and assets by difficulty." },
  crowdlab: {
    label: "CROWDLAB",
    say: "Weighs people together with a model that looks at the assets.",
  },
  "lean-crowd": {
    label: "Lean crowd",
    say: "Takes the model's word first, then each answer by how often its author is right.",
  },
};

const TOUCHED = [
  "disputes",
  "agreement",
  "reports",
  "opinions",
  "asset",
  "assets",
  "facets",
  "home",
];

export function ConsensusCard({ project }: { project: ProjectInfo }) {
  const client = useQueryClient();
  const [method, setMethod] = useState<ConsensusMethod>(
    project.task === "classification" ? "dawid-skene" : "majority",
  );
  const known = Object.keys(METHODS) as ConsensusMethod[];
  const usable = project.task === "classification" ? known : known.slice(0, 1);
  const touch = () => {
    for (const key of TOUCHED) void client.invalidateQueries({ queryKey: [key] });
    preview.reset();
  };
  const preview = useMutation({ mutationFn: previewConsensus, onError: showFailure });
  const apply = useMutation({
    mutationFn: recomputeConsensus,
    onSuccess: (run) => {
      touch();
      notifications.show({
        title: `${METHODS[run.method].label} changed ${plural(run.changed, "label")}`,
        message:
          "What people and reviewers have decided was left alone. It can be taken back here.",
        color: "teal",
      });
    },
    onError: showFailure,
  });
  const undo = useMutation({
    mutationFn: takeBackConsensus,
    onSuccess: ({ changed }) => {
      touch();
      apply.reset();
      notifications.show({
        title: "Taken back",
        message: `${plural(changed, "label is", "labels are")} as before.`,
        color: "teal",
      });
    },
    onError: showFailure,
  });
  const changes = preview.data;
  return (
    <section className={styles.card} aria-labelledby="consensus">
      <h2 id="consensus">Let a method decide</h2>
      <Select
        mt="sm"
        label="Method"
        data={usable.map((value) => ({ value, label: METHODS[value].label }))}
        value={method}
        allowDeselect={false}
        onChange={(value) => {
          setMethod(value as ConsensusMethod);
          preview.reset();
        }}
      />
      <p className={styles.hint}>{METHODS[method].say}</p>
      <div className={styles.formButtons}>
        <Button
          variant="default"
          loading={preview.isPending}
          onClick={() => preview.mutate(method)}
        >
          See what changes
        </Button>
        <Button
          loading={apply.isPending}
          disabled={!changes || changes.length === 0}
          onClick={() => apply.mutate(method)}
        >
          {changes ? `Change ${plural(changes.length, "label")}` : "Apply"}
        </Button>
      </div>
      {apply.data && (
        <p className={styles.run} role="status">
          {METHODS[apply.data.method].label} changed {plural(apply.data.changed, "label")}.{" "}
          <Button
            size="compact-sm"
            variant="default"
            loading={undo.isPending}
            onClick={() => apply.data && undo.mutate(apply.data.run)}
          >
            Take it back
          </Button>
        </p>
      )}
      {changes && (
        <>
          <p className={styles.run} role="status">
            {changes.length === 0
              ? "It would change nothing."
              : `It would change ${plural(changes.length, "label")}:`}
          </p>
          <AssetStrip
            ids={changes.slice(0, 60).map((change) => change.asset_id)}
            say={(id) => {
              const change = changes.find(({ asset_id }) => asset_id === id);
              return (
                <>
                  {valueText(change?.before) ?? "none"} → {valueText(change?.after) ?? "none"}
                </>
              );
            }}
          />
        </>
      )}
    </section>
  );
}
