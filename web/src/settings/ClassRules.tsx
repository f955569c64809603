/** One row a class that is asked differently: how many opinions on which share, and the skill it needs. */
import { ActionIcon, Autocomplete, Select, Table } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ClassDefinition } from "../api/types";
import { ClassChip } from "../parts/ClassChip";
import { plural } from "../parts/format";
import { NumberField } from "../parts/NumberField";
import { peopleQuery } from "../team/queries";
import { useSkills } from "../team/useSkills";
import type { ClassRule } from "./labelingDraft";
import styles from "./settings.module.css";

type Props = {
  rules: readonly ClassRule[];
  classes: readonly ClassDefinition[];
  change: (rules: ClassRule[]) => void;
};

export function ClassRules({ rules, classes, change }: Props) {
  const skills = useSkills();
  const people = useQuery(peopleQuery).data;
  const taken = new Set(rules.map(({ name }) => name));
  const free = classes.map(({ name }) => name).filter((name) => !taken.has(name));
  const put = (name: string, part: Partial<ClassRule>) =>
    change(rules.map((rule) => (rule.name === name ? { ...rule, ...part } : rule)));
  const knows = (skill: string) =>
    (people ?? []).filter((one) => one.active && one.skills.includes(skill)).length;
  return (
    <>
      {rules.length > 0 && (
        <Table verticalSpacing="xs" horizontalSpacing="xs" withRowBorders={false}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Class</Table.Th>
              <Table.Th w={120}>Opinions</Table.Th>
              <Table.Th w={120}>On a share of</Table.Th>
              <Table.Th w={200}>Skill it needs</Table.Th>
              <Table.Th w={32} />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rules.map(({ name, opinions, share, skill }) => (
              <Table.Tr key={name}>
                <Table.Td className={styles.class}>
                  <ClassChip name={name} />
                </Table.Td>
                <Table.Td>
                  <NumberField
                    aria-label={`Opinions on ${name}`}
                    empty="as all"
                    whole
                    lowest={1}
                    highest={20}
                    value={opinions}
                    change={(now) => put(name, { opinions: now })}
                  />
                </Table.Td>
                <Table.Td>
                  <NumberField
                    aria-label={`Share of ${name}`}
                    unit="%"
                    lowest={0}
                    highest={100}
                    step={5}
                    disabled={opinions === null}
                    value={share}
                    change={(now) => put(name, { share: now })}
                  />
                </Table.Td>
                <Table.Td>
                  <Autocomplete
                    aria-label={`Skill that ${name} needs`}
                    placeholder="none"
                    data={skills}
                    value={skill}
                    onChange={(value) => put(name, { skill: value })}
                  />
                  {skill.trim() && people && (
                    <Holders skill={skill.trim()} number={knows(skill.trim())} />
                  )}
                </Table.Td>
                <Table.Td>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={`Ask ${name} as all`}
                    onClick={() => change(rules.filter((rule) => rule.name !== name))}
                  >
                    <IconX size={16} />
                  </ActionIcon>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Select
        className={styles.add}
        aria-label="Add a class"
        placeholder={
          rules.length === 0 ? "Choose a class that is asked differently" : "Add a class"
        }
        data={free}
        value={null}
        searchable
        limit={50}
        nothingFoundMessage="No other class has this name"
        onChange={(name) => {
          if (name !== null) change([...rules, { name, opinions: null, share: 100, skill: "" }]);
        }}
      />
    </>
  );
}

/** Assets that need a skill wait until somebody has it. */
function Holders({ skill, number }: { skill: string; number: number }) {
  return (
    <span className={styles.holders} data-none={number === 0 || undefined}>
      {number === 0 ? (
        <>
          Nobody has it: these would wait.{" "}
          <Link to="/team" className={styles.link}>
            Give {skill} to somebody
          </Link>
        </>
      ) : (
        `${plural(number, "person has", "people have")} it`
      )}
    </span>
  );
}
