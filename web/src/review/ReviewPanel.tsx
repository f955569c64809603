/** Beside the asset: what everybody said, how far they agree, the model on request, and the actions. */
import { Button } from "@mantine/core";
import {
  IconArrowBackUp,
  IconBrain,
  IconPencil,
  IconPlayerSkipForward,
  IconRotate,
} from "@tabler/icons-react";
import { type RefObject, useMemo } from "react";
import { className, isOneClass, type ProjectInfo, type Review } from "../api/types";
import { ClassList } from "../classes/ClassList";
import type { Command } from "../keys/actions";
import { Chord } from "../keys/Chord";
import type { Keymap } from "../keys/keymap";
import { act, Other, PANEL } from "../label/ClassPanel";
import { ClassChip } from "../parts/ClassChip";
import { ago, duration, percent, plural } from "../parts/format";
import { valueText } from "../parts/valueText";
import { type Answer, agreementOf } from "./answers";
import styles from "./review.module.css";
import type { ReviewSearch } from "./reviewSearch";
import { SendBack } from "./SendBack";
import { says } from "./sameAnswer";
import { CLASSES } from "./useReviewCommands";
import type { ReviewDesk } from "./useReviewSession";
import type { About } from "./useSubject";

type Props = {
  project: ProjectInfo;
  scope: string;
  desk: ReviewDesk;
  about: About;
  keymap: Keymap;
  obey: (command: Command) => void;
  find: RefObject<HTMLInputElement | null>;
  only: (part: Partial<ReviewSearch>) => void;
};

export function ReviewPanel(props: Props) {
  const { project, scope, desk, about, keymap, obey, find } = props;
  const { subject } = desk;
  const isIdle = subject === null || desk.looking !== null;
  const holds = className(about.label?.value);
  const marked = useMemo(() => new Map(holds === null ? [] : [[holds, 1] as const]), [holds]);
  return (
    <aside id={PANEL} className={styles.panel} aria-label="Review" tabIndex={-1}>
      {subject ? (
        <div className={styles.about}>
          <Answers {...props} />
          {isOneClass(project) && <Model about={about} keymap={keymap} obey={obey} />}
          <Words reviews={about.reviews} />
        </div>
      ) : (
        <div className={styles.about} />
      )}
      {project.task === "classification" && (
        <div className={styles.classes} id={CLASSES} tabIndex={-1}>
          <ClassList
            scope={scope}
            classes={project.ontology.classes}
            marked={marked}
            searchRef={find}
            choose={(name) => obey({ kind: "class", name })}
            keymap={keymap}
            disabled={isIdle}
          />
        </div>
      )}
      <Actions {...props} isIdle={isIdle} />
    </aside>
  );
}

function Answers({ project, desk, about, keymap, only }: Props) {
  const { answers, shown, label } = about;
  const agreement = agreementOf(answers);
  return (
    <section aria-label="Answers">
      <h2 className={styles.title}>
        {desk.subject?.state === "disputed" ? "What people say" : "The label"}
        {answers.length > 1 && (
          <span className={styles.keys}>
            <Chord of={keymap.keysOf("answer_up")[0]} />{" "}
            <Chord of={keymap.keysOf("answer_down")[0]} />
          </span>
        )}
      </h2>
      <ul className={styles.answers} data-testid="answers">
        {answers.map((answer, at) => (
          <li key={`${answer.kind} ${answer.who}`}>
            <button
              type="button"
              className={styles.answer}
              aria-pressed={answer === shown}
              data-differs={(label !== null && !says(answer.value, label.value)) || undefined}
              onClick={(event) => act(event, () => about.show(at))}
            >
              <span className={styles.who}>{whoOf(answer, label?.origin)}</span>
              <span className={styles.what}>
                <Said answer={answer} unit={project.ontology.limits.unit} />
              </span>
              <span className={styles.when}>
                {answer.seconds ? `${duration(answer.seconds)} · ` : ""}
                {ago(answer.at)}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <p className={styles.agreement} data-testid="agreement">
        {agreement === null
          ? "Nobody else was asked."
          : `${agreement.same} of ${plural(agreement.all, "opinion")} ${agreement.same === 1 ? "says" : "say"} the same.`}{" "}
        {label && label.origin !== "consensus" && (
          <button
            type="button"
            className={styles.link}
            onClick={(event) => act(event, () => only({ annotator: label.annotator }))}
          >
            Only {label.annotator}
          </button>
        )}
        {className(label?.value) !== null && (
          <button
            type="button"
            className={styles.link}
            onClick={(event) =>
              act(event, () => only({ label: className(label?.value) ?? undefined }))
            }
          >
            Only {className(label?.value)}
          </button>
        )}
      </p>
    </section>
  );
}

function whoOf({ who, kind }: Answer, origin: string | undefined): string {
  if (kind !== "holds") return kind === "earlier" ? `${who}, before` : who;
  return origin === "consensus" ? `Consensus (${who})` : who;
}

function Said({ answer, unit }: { answer: Answer; unit: string }) {
  const name = className(answer.value);
  if (name !== null) return <ClassChip name={name} />;
  if (answer.value) return <>{valueText(answer.value, unit)}</>;
  return <>{answer.action === "skip" ? "skipped" : "cannot tell"}</>;
}

function Model({ about, keymap, obey }: Pick<Props, "about" | "keymap" | "obey">) {
  const prediction = about.detail?.prediction ?? null;
  if (!about.asked)
    return (
      <Button
        className={styles.ask}
        variant="default"
        size="xs"
        fullWidth
        leftSection={<IconBrain size={14} />}
        rightSection={<Chord of={keymap.keysOf("model")[0]} />}
        onClick={(event) => act(event, () => obey({ kind: "model" }))}
      >
        Ask the model
      </Button>
    );
  if (!about.detail) return null;
  if (!prediction)
    return <p className={styles.agreement}>No model says anything about this one.</p>;
  const first = Object.entries(prediction.probabilities)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3);
  return (
    <section aria-label="The model" data-testid="model">
      <h2 className={styles.title}>The model</h2>
      <ul className={styles.bars}>
        {first.map(([name, share]) => (
          <li key={name} style={{ "--share": share } as React.CSSProperties}>
            <ClassChip name={name} hollow />
            <span>{percent(share, 0)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const DID: Record<Review["action"], string> = {
  accept: "accepted it",
  fix: "fixed it",
  send_back: "sent it back",
  reopen: "reopened it",
  undo: "took that back",
};

function Words({ reviews }: { reviews: readonly Review[] }) {
  if (reviews.length === 0) return null;
  return (
    <section aria-label="Reviews so far">
      <h2 className={styles.title}>Reviews so far</h2>
      <ul className={styles.words}>
        {[...reviews]
          .reverse()
          .slice(0, 5)
          .map((review) => (
            <li key={review.seq}>
              <strong>{review.reviewer}</strong> {DID[review.action]}
              {review.comment && <q>{review.comment}</q>}
              <span className={styles.when}>{ago(review.created_at)}</span>
            </li>
          ))}
      </ul>
    </section>
  );
}

function Actions(props: Props & { isIdle: boolean }) {
  const { project, desk, about, keymap, obey, isIdle } = props;
  const { subject } = desk;
  const disputed = subject?.state === "disputed";
  const takes = about.shown !== null && about.shown.kind !== "holds";
  const other = (kind: "fix" | "pass" | "undo" | "reopen") => ({
    keys: keymap.keysOf(kind)[0],
    act: () => obey({ kind }),
  });
  return (
    <div className={styles.actions}>
      {about.word !== null && subject ? (
        <SendBack
          who={about.label?.origin === "consensus" ? "people" : (about.label?.annotator ?? "")}
          word={about.word}
          write={(word) => about.change({ word })}
          send={(comment, seconds) =>
            desk.review("send_back", { comment, seconds, seq: about.label?.seq })
          }
          close={() => about.change({ word: null })}
        />
      ) : (
        <div className={styles.main}>
          <Button
            size="md"
            px={12}
            disabled={isIdle || (takes && !about.shown?.value)}
            rightSection={<Chord of={keymap.keysOf("approve")[0]} />}
            onClick={(event) => act(event, () => obey({ kind: "approve" }))}
          >
            {takes ? `Take ${about.shown?.who}'s answer` : "Accept"}
          </Button>
          {!disputed && (
            <Button
              size="md"
              px={12}
              variant="default"
              disabled={isIdle}
              rightSection={<Chord of={keymap.keysOf("send_back")[0]} />}
              onClick={(event) => act(event, () => obey({ kind: "send_back" }))}
            >
              Send back
            </Button>
          )}
        </div>
      )}
      {project.task !== "classification" && (
        <Other
          {...other("fix")}
          icon={<IconPencil size={16} />}
          text={disputed ? "Answer in the editor" : "Fix in the editor"}
          disabled={isIdle}
        />
      )}
      {subject && subject.state !== "waiting" && !disputed && (
        <Other
          {...other("reopen")}
          icon={<IconRotate size={16} />}
          text="Reopen"
          disabled={isIdle}
        />
      )}
      <Other
        {...other("pass")}
        icon={<IconPlayerSkipForward size={16} />}
        text="Leave it"
        disabled={isIdle}
      />
      <Other
        {...other("undo")}
        icon={<IconArrowBackUp size={16} />}
        text="Undo"
        disabled={desk.state.reviewed.length === 0}
      />
    </div>
  );
}
