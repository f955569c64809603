/** Invitations: make a link that lets one person in, hand it over, make it worthless. */
import { Button, Select, Skeleton, TagsInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { homeQuery, sessionQuery } from "../api/queries";
import { type Invitation, MOST_MONEY, type Role } from "../api/types";
import { showFailure } from "../jobs/useRoundJobs";
import { amountName, money, words } from "../parts/format";
import { NumberField } from "../parts/NumberField";
import { rolesOf } from "./PersonForm";
import { invitationsQuery, invite, withdraw } from "./queries";
import { ShownOnce } from "./ShownOnce";
import styles from "./team.module.css";
import { useSkills } from "./useSkills";

export function InvitationsTab() {
  const open = useQuery(invitationsQuery).data;
  const currency = useQuery(homeQuery).data?.currency ?? null;
  if (!open) return <Skeleton height={240} radius="lg" />;
  return (
    <div className={styles.columns}>
      <section className={styles.card} aria-labelledby="open">
        <h2 id="open">Open invitations</h2>
        {open.length === 0 ? (
          <p className={styles.run}>
            None is open. A link lets one person in, once, under a name of their choice.
          </p>
        ) : (
          <ul className={styles.list}>
            {open.map((invitation) => (
              <Row key={invitation.id} invitation={invitation} currency={currency} />
            ))}
          </ul>
        )}
      </section>
      <NewInvitation currency={currency} />
    </div>
  );
}

function Row({ invitation, currency }: { invitation: Invitation; currency: string | null }) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => withdraw(invitation.id),
    onSuccess: () => client.invalidateQueries({ queryKey: invitationsQuery.queryKey }),
    onError: showFailure,
  });
  const terms = [
    `by ${invitation.invited_by}`,
    `until ${new Date(invitation.expires_at).toLocaleDateString("en-GB", { day: "numeric", month: "short" })}`,
    ...(invitation.hourly_cost === null
      ? []
      : [`${money(invitation.hourly_cost, currency)} an hour`]),
    ...invitation.skills,
  ];
  return (
    <li className={styles.item}>
      <div className={styles.itemWords}>
        <strong>{words(invitation.role)}</strong>
        <span className={styles.hint}>{terms.join(" · ")}</span>
      </div>
      <Button
        size="compact-sm"
        variant="default"
        loading={revoke.isPending}
        aria-label={`Revoke the invitation of a ${invitation.role}`}
        onClick={() => revoke.mutate()}
      >
        Revoke
      </Button>
    </li>
  );
}

function NewInvitation({ currency }: { currency: string | null }) {
  const client = useQueryClient();
  const me = useQuery(sessionQuery).data;
  const [role, setRole] = useState<Role>("annotator");
  const [cost, setCost] = useState<number | null>(null);
  const [skills, setSkills] = useState<string[]>([]);
  const [days, setDays] = useState(7);
  const known = useSkills();
  const make = useMutation({
    mutationFn: () => invite({ role, days, hourly_cost: cost, skills }),
    onSuccess: () => client.invalidateQueries({ queryKey: invitationsQuery.queryKey }),
    onError: showFailure,
  });
  const link = make.data && `${window.location.origin}${make.data.path}`;
  return (
    <form
      className={styles.card}
      aria-labelledby="invite"
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <h2 id="invite">Invite somebody</h2>
      <div className={styles.form}>
        <Select
          label="Role"
          data={rolesOf(me?.role).map((value) => ({ value, label: words(value) }))}
          value={role}
          allowDeselect={false}
          onChange={(value) => setRole((value ?? role) as Role)}
        />
        <NumberField
          label={amountName("Hourly cost", currency)}
          empty="that of the project"
          lowest={0}
          highest={MOST_MONEY}
          value={cost}
          change={setCost}
        />
        <TagsInput
          label="Skills"
          data={known}
          value={skills}
          onChange={setSkills}
          maxTags={20}
          acceptValueOnBlur
        />
        <NumberField
          label="Good for"
          unit={days === 1 ? "day" : "days"}
          lowest={1}
          highest={365}
          value={days}
          change={setDays}
        />
        <div className={styles.formButtons}>
          <Button type="submit" loading={make.isPending}>
            Make a link
          </Button>
        </div>
      </div>
      {link && <ShownOnce label="The link, shown only now" value={link} />}
    </form>
  );
}
