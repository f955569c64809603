/** The parts of the settings, in their order. */
export const SETTINGS = [
  { to: "/settings/ontology", label: "Classes" },
  { to: "/settings/labeling", label: "Labelling" },
  { to: "/settings/import", label: "Bring in" },
] as const;
