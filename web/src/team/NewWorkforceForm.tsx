/** A new workforce: where its tool is, and in which variable of the server its token stands. */
import { Button, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { MOST_MONEY } from "../api/types";
import { amountName } from "../parts/format";
import { ErrorNotice } from "../parts/Notices";
import { NumberField } from "../parts/NumberField";
import { ShownOnce } from "./ShownOnce";
import styles from "./team.module.css";
import { addWorkforce, connectorsQuery, workforcesQuery } from "./workforceQueries";
import { toolName } from "./workforceWords";

const FIRST = "label-studio";
/** What a token's variable may be called; the server reads no others. */
const VARIABLE = /^QUERIST_[A-Z0-9_]+$/;

export function NewWorkforceForm({ currency }: { currency: string | null }) {
  const client = useQueryClient();
  const connectors = useQuery(connectorsQuery).data ?? [];
  const [name, setName] = useState("");
  const [kind, setKind] = useState(FIRST);
  const [url, setUrl] = useState("");
  const [variable, setVariable] = useState("");
  const [price, setPrice] = useState<number | null>(null);
  const [cost, setCost] = useState<number | null>(null);
  const add = useMutation({
    mutationFn: () =>
      addWorkforce({
        name: name.trim(),
        kind,
        url: url.trim(),
        token: variable === "" ? null : `env:${variable}`,
        price,
        hourly_cost: cost,
      }),
    onSuccess: () => {
      setName("");
      setUrl("");
      setVariable("");
      void client.invalidateQueries({ queryKey: workforcesQuery.queryKey });
    },
  });
  const wrong = variable !== "" && !VARIABLE.test(variable);
  const connector = connectors.find((one) => one.name === kind);
  return (
    <form
      className={styles.card}
      aria-labelledby="new-workforce"
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong && !add.isPending) add.mutate();
      }}
    >
      <h2 id="new-workforce">Add a workforce</h2>
      <div className={styles.form}>
        <TextInput
          label="Name"
          description="Its people appear as NAME.person."
          required
          maxLength={24}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Labels with"
          description={connector?.summary}
          data={connectors.map((one) => ({ value: one.name, label: toolName(one.name) }))}
          value={kind}
          allowDeselect={false}
          onChange={(value) => setKind(value ?? kind)}
        />
        <TextInput
          label="Address"
          required
          placeholder={kind === "folder" ? "file:///srv/exchange" : "https://ls.example.com"}
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <TextInput
          label="Variable of the token"
          description="The name of an environment variable of this server. The token itself is typed and shown nowhere."
          placeholder="QUERIST_CROWD"
          required={connector?.needs_token ?? false}
          autoComplete="off"
          spellCheck={false}
          value={variable}
          error={wrong && "A name such as QUERIST_CROWD, not the token"}
          onChange={(event) => setVariable(event.currentTarget.value.trim())}
        />
        <div className={styles.pair}>
          <NumberField
            label={amountName("Each answer", currency)}
            empty="none"
            lowest={0}
            highest={MOST_MONEY}
            value={price}
            change={setPrice}
          />
          <NumberField
            label={amountName("Each hour", currency)}
            empty={price === null ? "as usual" : "none"}
            lowest={0}
            highest={MOST_MONEY}
            value={cost}
            change={setCost}
          />
        </div>
        {add.error && <ErrorNotice error={add.error} />}
        <div className={styles.formButtons}>
          <Button type="submit" loading={add.isPending}>
            Add it
          </Button>
        </div>
      </div>
      {add.data && (
        <ShownOnce
          label={`Secret of the webhook of ${add.data.workforce.name}, shown only now`}
          value={add.data.secret}
        />
      )}
    </form>
  );
}
