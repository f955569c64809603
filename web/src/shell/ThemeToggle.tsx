/** Light, dark, or as the system has it. */
import { ActionIcon, Tooltip, useMantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconMoon, IconSun } from "@tabler/icons-react";

const NEXT = { light: "dark", dark: "auto", auto: "light" } as const;
const ICON = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop };

export function ThemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = ICON[colorScheme];
  return (
    <Tooltip label={`Theme: ${colorScheme}`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label={`Theme is ${colorScheme}; change to ${NEXT[colorScheme]}`}
        onClick={() => setColorScheme(NEXT[colorScheme])}
      >
        <Icon size={18} />
      </ActionIcon>
    </Tooltip>
  );
}
