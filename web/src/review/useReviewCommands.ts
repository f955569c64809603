/** What each command means on the review page. */
import { type RefObject, useCallback, useRef } from "react";
import { className, type ProjectInfo } from "../api/types";
import type { Command } from "../keys/actions";
import type { Easel } from "../shapes/easel";
import type { Verb } from "./reviewSession";
import type { ReviewDesk, Told } from "./useReviewSession";
import type { About } from "./useSubject";

const CLOSER = 1.25;

/** Where the classes are: with the focus there every class has its key, as it had before. */
export const CLASSES = "review-classes";

type Means = {
  project: ProjectInfo;
  desk: ReviewDesk;
  about: About;
  easel: RefObject<Easel | null>;
  find: RefObject<HTMLInputElement | null>;
  seconds: () => number;
  openEditor: () => void;
};

export type Obey = (command: Command) => boolean | undefined;

/** `obey` returns false where a command means nothing now. */
export function useReviewCommands(means: Means): Obey {
  const now = useRef(means);
  now.current = means;
  return useCallback<Obey>((command) => {
    const { desk } = now.current;
    if (command.kind === "undo") desk.undo();
    else if (command.kind === "back") desk.step(-1);
    else if (command.kind === "forward") desk.step(1);
    else if (command.kind === "leave") leave(now.current);
    else if (desk.looking) return false;
    else if (!looks(now.current, command)) return decides(now.current, command);
    return undefined;
  }, []);
}

/** The focus that "fix" gave to the classes ends with the decision. */
function letGo(): void {
  const { activeElement: focused } = document;
  if (focused instanceof HTMLElement && focused.id === CLASSES) focused.blur();
}

function leave({ desk, about }: Means): void {
  letGo();
  if (about.word !== null) about.change({ word: null });
  else desk.look(null);
}

/** Commands that only change what is seen; false where it is none of them. */
function looks({ about, easel, find }: Means, { kind }: Command): boolean {
  if (kind === "model") about.change({ asked: !about.asked });
  else if (kind === "search") find.current?.focus();
  else if (kind === "zoom_in") easel.current?.zoom(CLOSER);
  else if (kind === "zoom_out") easel.current?.zoom(1 / CLOSER);
  else if (kind === "whole") easel.current?.whole();
  else return false;
  return true;
}

function decides(means: Means, command: Command): boolean | undefined {
  const { project, desk, about } = means;
  const { subject } = desk;
  if (!subject) return false;
  const disputed = subject.state === "disputed";
  const tell = (verb: Verb, told: Omit<Told, "seconds"> = {}) => {
    letGo();
    desk.review(verb, { ...told, seconds: means.seconds(), seq: about.label?.seq });
  };
  switch (command.kind) {
    case "class": {
      if (project.task !== "classification") return false;
      const value = { type: "class" as const, name: command.name };
      const holds = className(about.label?.value) === command.name;
      if (holds && !disputed) tell("accept");
      else tell("fix", { value });
      return undefined;
    }
    case "approve":
      if (about.shown?.kind === "holds") tell("accept");
      else if (about.shown?.value) tell("fix", { value: about.shown.value });
      return undefined;
    case "fix":
      if (project.task === "classification") document.getElementById(CLASSES)?.focus();
      else means.openEditor();
      return undefined;
    case "send_back":
      if (!disputed) about.change({ word: about.word ?? "" });
      return undefined;
    case "reopen":
      if (subject.state !== "waiting" && !disputed) tell("reopen");
      return undefined;
    case "pass":
      tell("left");
      return undefined;
    case "answer_down":
    case "answer_up":
      return turn(about, command.kind === "answer_down" ? 1 : -1);
    default:
      return false;
  }
}

function turn(about: About, direction: 1 | -1): boolean | undefined {
  const { answers, shown } = about;
  if (answers.length < 2 || !shown) return false;
  about.show((answers.indexOf(shown) + direction + answers.length) % answers.length);
  return undefined;
}
