/** What the keyboard can do while labelling and reviewing: each action with its words, keys and tasks. */
import type { Media, ProjectInfo } from "../api/types";

export type Task = ProjectInfo["task"];

/** Where keys mean something: the same key may do another thing in another place. */
export type Place = "label" | "review" | "suspects";

type Definition = {
  text: string;
  /** Where a task has other words for it. */
  texts?: Partial<Record<Task, string>>;
  keys: readonly string[];
  group: string;
  tasks?: readonly Task[];
  /** Only where the assets are of this kind. */
  media?: Media;
  /** Only while labelling where it does not say. */
  places?: readonly Place[];
  /** Arrow keys and the like: shown, but not to be changed. */
  fixed?: boolean;
};

const SHAPES: readonly Task[] = ["boxes", "polygons"];
const MARKS: readonly Task[] = ["boxes", "polygons", "spans"];
const SUGGESTED: readonly Task[] = ["multi_label", "regression", "boxes", "polygons", "spans"];
const SPANS: readonly Task[] = ["spans"];
const CLASSED: readonly Task[] = ["classification", "multi_label", ...MARKS];
const IMAGE: Media = "image";

const BOTH: readonly Place[] = ["label", "review"];
const ALL: readonly Place[] = ["label", "review", "suspects"];
const REVIEW: readonly Place[] = ["review"];
const JUDGED: readonly Place[] = ["review", "suspects"];
const SUSPECTS: readonly Place[] = ["suspects"];

const label = "Label";
const review = "Review";
const marks = "Shapes and spans";
const view = "Picture";

/** In this order two actions that want the same key are served. */
export const ACTIONS = {
  approve: { text: "Accept the label", keys: ["Enter"], group: review, places: JUDGED },
  fix: { text: "Fix it in the editor", keys: ["f", "+"], group: review, places: JUDGED },
  send_back: { text: "Send it back with a word", keys: ["b", "-"], group: review, places: JUDGED },
  reopen: { text: "Let it wait for review again", keys: ["o", "*"], group: review, places: REVIEW },
  pass: { text: "Leave it, next one", keys: [" "], group: review, places: JUDGED },
  choose: { text: "Choose several suspects", keys: ["x", "*"], group: review, places: SUSPECTS },
  model: { text: "Ask the model", keys: ["m", "="], group: review, places: REVIEW },
  answer_down: { text: "See the next answer", keys: ["ArrowDown"], group: review, places: REVIEW },
  answer_up: { text: "See the answer before", keys: ["ArrowUp"], group: review, places: REVIEW },
  accept: {
    text: "Submit",
    texts: {
      classification: "Accept the suggestion",
      polygons: "Submit, or close the polygon that is drawn",
    },
    keys: ["Enter"],
    group: label,
  },
  skip: { text: "Skip", keys: [" "], group: label },
  cannot_tell: { text: "Cannot tell", keys: ["-", "x"], group: label },
  remove: { text: "Remove", keys: ["Delete"], group: marks, tasks: MARKS },
  erase: {
    text: "Remove, or undo where none is chosen",
    keys: ["Backspace"],
    group: marks,
    tasks: MARKS,
  },
  undo: { text: "Undo", keys: ["Backspace", "mod+z", "u"], group: label, places: ALL },
  redo: { text: "Redo", keys: ["mod+shift+z", "mod+y"], group: label },
  take: { text: "Take all suggestions shown", keys: ["="], group: label, tasks: SUGGESTED },
  search: { text: "Search a class", keys: ["/"], group: label, places: ALL, tasks: CLASSED },
  left: { text: "Move left", keys: ["ArrowLeft"], group: marks, tasks: MARKS, fixed: true },
  right: { text: "Move right", keys: ["ArrowRight"], group: marks, tasks: MARKS, fixed: true },
  up: { text: "Move up", keys: ["ArrowUp"], group: marks, tasks: SHAPES, fixed: true },
  down: { text: "Move down", keys: ["ArrowDown"], group: marks, tasks: SHAPES, fixed: true },
  far_left: far("left", "ArrowLeft"),
  far_right: far("right", "ArrowRight"),
  far_up: far("up", "ArrowUp"),
  far_down: far("down", "ArrowDown"),
  narrower: sized("Narrower", "ArrowLeft"),
  wider: sized("Wider", "ArrowRight"),
  lower: sized("Lower", "ArrowUp"),
  taller: sized("Taller", "ArrowDown"),
  back: {
    text: "Look at the decision before",
    keys: ["ArrowLeft", "PageUp"],
    group: label,
    places: BOTH,
  },
  forward: {
    text: "Forward again",
    keys: ["ArrowRight", "PageDown"],
    group: label,
    places: BOTH,
  },
  settle: { text: "Go to what could not be stored", keys: ["!"], group: label, places: ALL },
  leave: { text: "Let go, leave, close", keys: ["Escape"], group: label, places: ALL },
  next: { text: "Next one", keys: ["Tab"], group: marks, tasks: MARKS },
  previous: { text: "The one before", keys: ["shift+Tab"], group: marks, tasks: MARKS },
  add: { text: "A new one in the middle", keys: ["+"], group: marks, tasks: SHAPES },
  copy: { text: "Copy", keys: ["mod+c"], group: marks, tasks: SHAPES },
  paste: { text: "Paste, also on another picture", keys: ["mod+v"], group: marks, tasks: SHAPES },
  duplicate: { text: "Duplicate", keys: ["mod+d"], group: marks, tasks: SHAPES },
  hide: { text: "Hide or show its class", keys: [";"], group: marks, tasks: SHAPES },
  shorter: { text: "End one character earlier", keys: ["["], group: marks, tasks: SPANS },
  longer: { text: "End one character later", keys: ["]"], group: marks, tasks: SPANS },
  zoom_out: { text: "Zoom out", keys: ["["], group: view, media: IMAGE, places: BOTH },
  zoom_in: { text: "Zoom in", keys: ["]"], group: view, media: IMAGE, places: BOTH },
  whole: { text: "Whole picture", keys: ["\\"], group: view, media: IMAGE, places: BOTH },
  centre: { text: "Centre on it", keys: ["."], group: view, tasks: SHAPES },
  less: { text: "More suggestions", keys: ["<"], group: view, tasks: SHAPES },
  more: { text: "Fewer suggestions", keys: [">"], group: view, tasks: SHAPES },
} satisfies Record<string, Definition>;

export type ActionId = keyof typeof ACTIONS;

/** One action, or a class by its name. */
export type Command = { kind: "class"; name: string } | { kind: ActionId };

export const ACTION_IDS = Object.keys(ACTIONS) as ActionId[];

/** An action in the words of a task. */
export function actionOf(id: ActionId, task: Task): Definition {
  const { texts, ...action }: Definition = ACTIONS[id];
  const group = action.group === marks ? MARKED[task] : action.group;
  return { ...action, group: group ?? marks, text: texts?.[task] ?? action.text };
}

/** What the keys for shapes and spans are about in a task. */
export const MARKED: Partial<Record<Task, string>> = {
  boxes: "Boxes",
  polygons: "Polygons",
  spans: "Spans",
};

/** The actions that a task has in a place, with assets of a kind. */
export function actionsFor(task: Task, place: Place = "label", media: Media = "image"): ActionId[] {
  return ACTION_IDS.filter((id) => {
    const { tasks, media: only = media, places = LABEL }: Definition = ACTIONS[id];
    return (
      places.includes(place) && only === media && (tasks === undefined || tasks.includes(task))
    );
  });
}

const LABEL: readonly Place[] = ["label"];

function far(side: string, key: string) {
  const text = `Move ${side} by ten, or take in a word`;
  return { text, keys: [`shift+${key}`], group: marks, tasks: MARKS, fixed: true };
}

function sized(text: string, key: string) {
  return { text, keys: [`mod+${key}`], group: marks, tasks: SHAPES, fixed: true };
}
