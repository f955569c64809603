/** The skills that the project knows: those that classes need, and those that people have. */
import { useQuery } from "@tanstack/react-query";
import { policyQuery } from "../api/queries";
import { peopleQuery } from "./queries";

export function useSkills(): string[] {
  const people = useQuery(peopleQuery).data ?? [];
  const needed = useQuery(policyQuery).data?.class_skills ?? {};
  return [...new Set([...Object.values(needed), ...people.flatMap(({ skills }) => skills)])].sort();
}
