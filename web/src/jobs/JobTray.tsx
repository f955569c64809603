/** The tray of jobs: what runs, how far it is, how long it still takes, and its log. */
import { ActionIcon, Indicator, Popover, ScrollArea, Tooltip } from "@mantine/core";
import { IconProgress, IconProgressAlert, IconProgressCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { isActive } from "../api/jobList";
import { jobsQuery } from "../api/queries";
import { plural } from "../parts/format";
import { JobRow } from "./JobRow";
import styles from "./jobs.module.css";

export function JobTray() {
  const jobs = useQuery(jobsQuery).data ?? [];
  const [opened, setOpened] = useState(false);
  const active = jobs.filter(isActive);
  const failed = jobs[0]?.state === "failed";
  const Icon = failed ? IconProgressAlert : active.length > 0 ? IconProgress : IconProgressCheck;
  const label = active.length > 0 ? `${plural(active.length, "job")} running` : "Jobs";
  return (
    <Popover position="bottom-end" width={400} trapFocus opened={opened} onChange={setOpened}>
      <Popover.Target>
        <Tooltip label={label} disabled={opened}>
          <Indicator disabled={active.length === 0} processing size={8} offset={6}>
            <ActionIcon
              variant="subtle"
              color={failed ? "red" : "gray"}
              size={32}
              aria-label={label}
              onClick={() => setOpened(!opened)}
              data-testid="job-tray"
            >
              <Icon size={18} />
            </ActionIcon>
          </Indicator>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label="Jobs">
        <ScrollArea.Autosize mah={480} type="auto">
          {jobs.length === 0 ? (
            <p className={styles.none}>
              Nothing runs. Adding assets, choosing a batch and training show up here.
            </p>
          ) : (
            <ul className={styles.list}>
              {jobs.slice(0, 20).map((job) => (
                <JobRow key={job.id} job={job} />
              ))}
            </ul>
          )}
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
