/** What a page says when something failed, is missing, or is not there yet. */
import { Button } from "@mantine/core";
import { IconAlertTriangle, IconLock } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import type { Role } from "../api/types";
import styles from "./parts.module.css";

/** What, which, and what to do. */
export function ErrorNotice({ error, children }: { error: unknown; children?: ReactNode }) {
  const message = error instanceof Error ? error.message : "Something went wrong.";
  const remedy = error instanceof ApiError ? error.remedy : "Reload the page.";
  return (
    <Notice message={message} remedy={remedy}>
      {children}
    </Notice>
  );
}

type NoticeProps = { message: string; remedy: string; children?: ReactNode };

/** The same for a problem that is known in words, as that of a job. */
export function Notice({ message, remedy, children }: NoticeProps) {
  return (
    <div className={styles.error} role="alert">
      <IconAlertTriangle size={18} aria-hidden="true" />
      <div>
        <strong>{message}</strong>
        <p>{remedy}</p>
        {children}
      </div>
    </div>
  );
}

type EmptyProps = { title: string; children?: ReactNode; action?: ReactNode; icon?: ReactNode };

/** A page with nothing on it yet teaches the next step. */
export function Empty({ title, children, action, icon }: EmptyProps) {
  return (
    <div className={styles.empty}>
      {icon && <div className={styles.emptyIcon}>{icon}</div>}
      <h2>{title}</h2>
      {children && <div className={styles.emptyText}>{children}</div>}
      {action && <div className={styles.emptyAction}>{action}</div>}
    </div>
  );
}

type NotYoursProps = { page: string; needed: Role; role: Role };

/** A page that the role of who is signed in does not open. */
export function NotYours({ page, needed, role }: NotYoursProps) {
  return (
    <Empty
      title={`${page} is for a ${needed} and above`}
      icon={<IconLock size={24} />}
      action={
        <Button component={Link} to="/" variant="default">
          Go to Home
        </Button>
      }
    >
      You are signed in as {role}. An owner of the project can change that.
    </Empty>
  );
}

/** What an annotator sees of the rounds while gold questions must look like any other. */
export function RoundsVeiled() {
  return (
    <Empty title="Rounds are not shown to you now" icon={<IconLock size={24} />}>
      Some questions check how well people label, and what a round chose would tell which. Home
      shows how far the project is.
    </Empty>
  );
}

export function PageMissing() {
  return (
    <Empty title="There is no such page" action={<Link to="/">Go to Home</Link>}>
      The address may be mistyped, or from another version.
    </Empty>
  );
}
