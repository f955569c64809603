/** The terms of one person: role, hourly cost, skills, and whether they may come in. */
import { Button, Select, TagsInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sessionQuery } from "../api/queries";
import { MOST_MONEY, type Person, type Role } from "../api/types";
import { showFailure } from "../jobs/useRoundJobs";
import { amountName, words } from "../parts/format";
import { NumberField } from "../parts/NumberField";
import { changePerson, peopleQuery } from "./queries";
import styles from "./team.module.css";
import { useSkills } from "./useSkills";

type Props = { person: Person; currency: string | null };

/** Managers decide about reviewers and annotators, owners about everybody. */
export function rolesOf(mine: Role | undefined): Role[] {
  const below: Role[] = ["annotator", "reviewer"];
  return mine === "owner" ? [...below, "manager", "owner"] : below;
}

export function PersonForm({ person, currency }: Props) {
  const me = useQuery(sessionQuery).data;
  const client = useQueryClient();
  const [role, setRole] = useState(person.role);
  const [cost, setCost] = useState<number | null>(person.hourly_cost);
  const [skills, setSkills] = useState(person.skills);
  const save = useMutation({
    mutationFn: (active: boolean) =>
      changePerson(person.name, { role, hourly_cost: cost, skills, active }),
    onSuccess: (changed) => {
      notifications.show({
        title: changed.active ? `Saved for ${changed.name}` : `${changed.name} is sent away`,
        message: changed.active
          ? `${words(changed.role)} from now on.`
          : "Their labels stay; what they held goes back to the queue. You can let them in again.",
        color: "teal",
      });
      for (const key of [...peopleQuery.queryKey, "reports"])
        void client.invalidateQueries({ queryKey: [key] });
    },
    onError: showFailure,
  });
  const roles = rolesOf(me?.role);
  const known = useSkills();
  const own = person.name === me?.name;
  if (!roles.includes(person.role))
    return <p className={styles.hint}>Only an owner decides about a {person.role}.</p>;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(person.active);
      }}
    >
      <h3>Terms</h3>
      <Select
        label="Role"
        data={roles.map((value) => ({ value, label: words(value) }))}
        value={role}
        allowDeselect={false}
        disabled={own}
        description={own && "Nobody changes their own role; another owner can."}
        onChange={(value) => setRole((value ?? role) as Role)}
      />
      <NumberField
        label={amountName("Hourly cost", currency)}
        description="What an hour of their time is worth in the budget."
        empty="that of the project"
        lowest={0}
        highest={MOST_MONEY}
        value={cost}
        change={setCost}
      />
      <TagsInput
        label="Skills"
        description="They are served what needs one of these."
        data={known}
        value={skills}
        onChange={setSkills}
        maxTags={20}
        acceptValueOnBlur
      />
      <div className={styles.formButtons}>
        {!own && (
          <Button
            variant="subtle"
            color={person.active ? "red" : "gray"}
            loading={save.isPending}
            onClick={() => save.mutate(!person.active)}
          >
            {person.active ? "Send away" : "Let in again"}
          </Button>
        )}
        <Button type="submit" loading={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
