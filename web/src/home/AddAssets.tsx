/** A project without assets: how to bring some in. */
import { Button, TextInput } from "@mantine/core";
import { IconFolderPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { addFolder } from "../api/actions";
import { isActive } from "../api/jobList";
import { jobsQuery, sessionQuery } from "../api/queries";
import type { ProjectInfo } from "../api/types";
import { JobProgress } from "../jobs/JobRow";
import { jobTitle, remember } from "../jobs/useRoundJobs";
import { Empty, ErrorNotice } from "../parts/Notices";
import styles from "./home.module.css";
import { ImportOutcome } from "./ImportOutcome";

const KINDS = { image: "pictures", text: "texts", table: "rows" };

export function AddAssets({ project }: { project: ProjectInfo }) {
  const client = useQueryClient();
  const me = useQuery(sessionQuery).data;
  const [path, setPath] = useState("");
  const jobs = useQuery(jobsQuery).data ?? [];
  const running = jobs.find((job) => isActive(job));
  const add = useMutation({
    mutationFn: addFolder,
    onSuccess: (job) => remember(client, job),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(path.trim());
  };
  if (running)
    return (
      <Empty title={jobTitle(running.kind)} icon={<IconFolderPlus size={24} />}>
        <div className={styles.wide}>
          <JobProgress job={running} />
        </div>
      </Empty>
    );
  const title = `“${project.name}” has no ${KINDS[project.media]} yet`;
  if (me && me.role !== "owner")
    return (
      <Empty title={title} icon={<IconFolderPlus size={24} />}>
        <p>An owner of the project adds some; they then come up here.</p>
      </Empty>
    );
  return (
    <Empty title={title} icon={<IconFolderPlus size={24} />}>
      <p>
        Name a folder or a file on the machine that runs Querist. Nothing is copied: the files stay
        where they are. On the command line, <code>querist add FOLDER</code> does the same.
      </p>
      {add.error ? <ErrorNotice error={add.error} /> : !add.isPending && <ImportOutcome />}
      <form className={styles.addForm} onSubmit={submit}>
        <TextInput
          value={path}
          onChange={(event) => setPath(event.currentTarget.value)}
          placeholder="/data/photos"
          aria-label="Folder or file to add"
          size="md"
        />
        <Button type="submit" size="md" loading={add.isPending} disabled={!path.trim()}>
          Add
        </Button>
      </form>
    </Empty>
  );
}
