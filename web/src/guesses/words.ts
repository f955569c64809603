/** What is said of the classes, a line each: `class: words in place of its name`. */

export type Told = { describe: Record<string, string>; problem: string | null };

/** Read the lines; the first that names no class is told. */
export function readWords(text: string, classes: readonly string[]): Told {
  const describe: Record<string, string> = {};
  for (const line of text.split("\n")) {
    if (!line.trim()) continue;
    // A name may hold a colon itself: the longest class that the line begins with is meant.
    const name = classes
      .filter((known) => line.trimStart().startsWith(`${known}:`))
      .sort((a, b) => b.length - a.length)[0];
    if (name === undefined) {
      const said = line.split(":")[0]?.trim() ?? "";
      return { describe, problem: `No class is called “${said}”. Write: class: words` };
    }
    const words = line
      .trimStart()
      .slice(name.length + 1)
      .trim();
    if (words) describe[name] = words;
  }
  return { describe, problem: null };
}
