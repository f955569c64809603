/** The command palette: pages, actions, classes, slices and assets behind one key. */
import { ActionIcon, Tooltip, useMantineColorScheme } from "@mantine/core";
import {
  Spotlight,
  type SpotlightActionData,
  type SpotlightActionGroupData,
  spotlight,
} from "@mantine/spotlight";
import {
  IconCategory,
  IconChartLine,
  IconChecks,
  IconDownload,
  IconFlask2,
  IconHome,
  IconKeyboard,
  IconLayoutGrid,
  IconLogout,
  IconMoon,
  IconPlayerPlay,
  IconRefresh,
  IconScale,
  IconSearch,
  IconSparkles,
  IconStethoscope,
  IconTag,
  IconUsers,
} from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { closeSession } from "../api/actions";
import { projectQuery, sessionQuery } from "../api/queries";
import { mayBrowse, mayManage } from "../api/types";
import { useFinishRound, useStartRound } from "../jobs/useRoundJobs";
import { Swatch } from "../parts/ClassChip";
import { Key } from "../parts/Key";
import { PAGES, pagesFor, tabsFor } from "./pages";
import { labelFormats, saveLabels } from "./saveLabels";
import styles from "./shell.module.css";
import { useFound } from "./useFound";

const SIZE = 18;
const ABOUT = "Find a page, an action, a class, a slice or an asset";

const ICONS = {
  "/": IconHome,
  "/catalog": IconLayoutGrid,
  "/label": IconTag,
  "/review": IconChecks,
  "/rounds": IconChartLine,
  "/diagnose": IconStethoscope,
  "/experiment": IconFlask2,
  "/auto-label": IconScale,
  "/team": IconUsers,
  "/settings/ontology": IconCategory,
};

const LABELS = Object.fromEntries(PAGES.map(({ to, label }) => [to, label])) as Record<
  keyof typeof ICONS,
  string
>;

export function PaletteButton() {
  return (
    <Tooltip
      label={
        <span>
          Find anything <Key of="mod" /> <Key of="K" />
        </span>
      }
    >
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label={ABOUT}
        onClick={spotlight.open}
      >
        <IconSearch size={SIZE} />
      </ActionIcon>
    </Tooltip>
  );
}

export function Palette({ showKeys }: { showKeys: () => void }) {
  const [typed, setTyped] = useState("");
  const actions = usePaletteActions(showKeys);
  const found = useFound(typed, mayBrowse(useQuery(sessionQuery).data));
  return (
    <Spotlight
      actions={[...actions, ...found]}
      query={typed}
      onQueryChange={setTyped}
      shortcut={["mod + K"]}
      limit={60}
      highlightQuery
      scrollable
      maxHeight={420}
      classNames={{ actionDescription: styles.paletteNote ?? "" }}
      overlayProps={{ backgroundOpacity: 0.4, blur: 0 }}
      attributes={{ content: { "aria-label": ABOUT } }}
      nothingFound="Nothing has this name"
      searchProps={{
        leftSection: <IconSearch size={SIZE} />,
        placeholder: "A page, a class, an asset…",
        "aria-label": ABOUT,
      }}
    />
  );
}

function usePaletteActions(showKeys: () => void): SpotlightActionGroupData[] {
  const navigate = useNavigate();
  const client = useQueryClient();
  const project = useQuery(projectQuery).data;
  const me = useQuery(sessionQuery).data;
  const { setColorScheme, colorScheme } = useMantineColorScheme();
  const { mutate: start } = useStartRound();
  const { mutate: finish } = useFinishRound();

  return useMemo(() => {
    const manages = (action: SpotlightActionData) => (mayManage(me) ? [action] : []);
    const browses = (action: SpotlightActionData) => (mayBrowse(me) ? [action] : []);
    return [
      {
        group: "Pages",
        actions: pagesFor(me).map(({ to, label }) => {
          const Icon = ICONS[to];
          return {
            id: to,
            label,
            leftSection: <Icon size={SIZE} />,
            onClick: () => void navigate({ to }),
          };
        }),
      },
      {
        group: "Views",
        actions: tabsFor(me).map(({ page, name, to, search }) => {
          const Icon = ICONS[page];
          return {
            id: `${page} ${name}`,
            label: name,
            description: LABELS[page],
            keywords: `${LABELS[page]} ${name}`,
            leftSection: <Icon size={SIZE} />,
            onClick: () => void navigate({ to, search }),
          };
        }),
      },
      {
        group: "Actions",
        actions: [
          ...manages({
            id: "next",
            label: "Ask for the next batch",
            leftSection: <IconPlayerPlay size={SIZE} />,
            onClick: () => start(undefined),
          }),
          ...manages({
            id: "finish",
            label: "Train now and close this round",
            leftSection: <IconRefresh size={SIZE} />,
            onClick: () => finish(),
          }),
          ...manages({
            id: "guesses",
            label: "Make first guesses by names or examples",
            leftSection: <IconSparkles size={SIZE} />,
            onClick: () => void navigate({ to: "/guesses" }),
          }),
          ...browses({
            id: "unlabelled",
            label: "Show what has no label",
            leftSection: <IconLayoutGrid size={SIZE} />,
            onClick: () => void navigate({ to: "/catalog", search: { state: "unlabeled" } }),
          }),
          ...browses({
            id: "disagree",
            label: "Show where the model disagrees with a label",
            leftSection: <IconLayoutGrid size={SIZE} />,
            onClick: () => void navigate({ to: "/catalog", search: { disagree: true } }),
          }),
          ...(project
            ? labelFormats(project.task).flatMap(([format, name]) =>
                manages({
                  id: `export-${format}`,
                  label: `Export the labels as ${name}`,
                  keywords: "download",
                  leftSection: <IconDownload size={SIZE} />,
                  onClick: () => void saveLabels(project.name, format),
                }),
              )
            : []),
          {
            id: "theme",
            label: "Change the theme",
            leftSection: <IconMoon size={SIZE} />,
            onClick: () => setColorScheme(colorScheme === "dark" ? "light" : "dark"),
          },
          {
            id: "keys",
            label: "Show the keys",
            leftSection: <IconKeyboard size={SIZE} />,
            onClick: showKeys,
          },
          {
            id: "out",
            label: "Sign out",
            leftSection: <IconLogout size={SIZE} />,
            onClick: () => void closeSession().then(() => client.resetQueries()),
          },
        ],
      },
      {
        group: "Classes",
        actions: (mayBrowse(me) ? (project?.ontology.classes ?? []) : []).map((item) => ({
          id: `class-${item.name}`,
          label: item.name,
          description: `Show what is labelled ${item.name}`,
          leftSection: <Swatch colour={item.colour} />,
          onClick: () => void navigate({ to: "/catalog", search: { label: [item.name] } }),
        })),
      },
    ];
  }, [navigate, client, project, me, setColorScheme, colorScheme, showKeys, start, finish]);
}
