/** A class in its colour: a swatch beside its name, the same on every page. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { projectQuery } from "../api/queries";
import styles from "./parts.module.css";

const UNKNOWN = "var(--q-faint)";

/** How to find a class's colour; classes that are gone are grey. */
export function useClassColour(): (name: string | null) => string {
  const { data } = useQuery(projectQuery);
  return useMemo(() => {
    const colours = new Map(data?.ontology.classes.map((item) => [item.name, item.colour]));
    return (name) => (name === null ? UNKNOWN : (colours.get(name) ?? UNKNOWN));
  }, [data]);
}

/** The colour for a canvas, which knows no variables; a class that is gone is grey. */
export function hexOf(colour: string): string {
  return colour.startsWith("#") ? colour : "#808080";
}

export function Swatch({ colour, hollow = false }: { colour: string; hollow?: boolean }) {
  return (
    <span
      className={styles.swatch}
      data-hollow={hollow || undefined}
      style={{ "--swatch": colour } as React.CSSProperties}
      aria-hidden="true"
    />
  );
}

type Props = { name: string; hollow?: boolean; children?: React.ReactNode };

/** `hollow` says that the class is only predicted. */
export function ClassChip({ name, hollow = false, children }: Props) {
  const colour = useClassColour();
  return (
    <span className={styles.chip} title={name}>
      <Swatch colour={colour(name)} hollow={hollow} />
      <bdi className={styles.chipName}>{name}</bdi>
      {children}
    </span>
  );
}
