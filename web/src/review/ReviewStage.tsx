/** The asset with the answer that is looked at; below it why this one comes now. */
import { lazy, type RefObject, Suspense } from "react";
import type { Asset } from "../api/types";
import type { Command } from "../keys/actions";
import { Chord } from "../keys/Chord";
import type { Keymap } from "../keys/keymap";
import { AssetView } from "../parts/AssetView";
import { fetched } from "../parts/fetched";
import { percent } from "../parts/format";
import { valueText } from "../parts/valueText";
import { ClosePicture } from "../picture/ClosePicture";
import type { Easel } from "../shapes/easel";
import type { Subject } from "./answers";
import styles from "./review.module.css";
import type { ReviewDesk } from "./useReviewSession";
import type { About } from "./useSubject";

const ShapesAnswer = lazy(() =>
  fetched(import("./ShapesAnswer")).then((found) => ({ default: found.ShapesAnswer })),
);
const SpansAnswer = lazy(() =>
  fetched(import("./SpansAnswer")).then((found) => ({ default: found.SpansAnswer })),
);

type Props = {
  desk: ReviewDesk;
  subject: Subject;
  about: About;
  easel: RefObject<Easel | null>;
  keymap: Keymap;
  obey: (command: Command) => void;
};

export function ReviewStage({ desk, subject, about, easel, keymap, obey }: Props) {
  const asset = about.detail?.asset ?? bareAsset(subject);
  const { shown } = about;
  const type = shown?.value?.type;
  const full = type === "boxes" || type === "polygons" || type === "spans";
  return (
    <>
      <div
        className={styles.stage}
        data-media={asset.media}
        data-full={full || asset.media === "image" || undefined}
        data-testid="stage"
        data-asset={asset.id}
      >
        <Suspense fallback={null}>
          {type === "boxes" || type === "polygons" ? (
            <ShapesAnswer
              id={asset.id}
              value={shown?.value ?? null}
              easel={easel}
              keymap={keymap}
              obey={obey}
            />
          ) : type === "spans" ? (
            <SpansAnswer id={asset.id} text={asset.text ?? ""} value={shown?.value ?? null} />
          ) : asset.media === "image" ? (
            <ClosePicture asset={asset} keymap={keymap} />
          ) : (
            <AssetView key={asset.id} asset={asset} large />
          )}
        </Suspense>
        {full && shown && (
          <p className={styles.whose} data-testid="whose">
            <strong>{shown.who}</strong> {valueText(shown.value)}
          </p>
        )}
      </div>
      <footer className={styles.why} data-testid="why">
        <Why desk={desk} subject={subject} about={about} keymap={keymap} />
      </footer>
    </>
  );
}

const DID = {
  accept: "You accepted this.",
  fix: "You fixed this.",
  send_back: "You sent this back.",
  reopen: "You let this wait again.",
  left: "You left this.",
};

function Why({
  desk,
  subject,
  about,
  keymap,
}: Pick<Props, "desk" | "subject" | "about" | "keymap">) {
  if (desk.looking)
    return (
      <>
        <strong>{DID[desk.looking.verb]}</strong> <Chord of={keymap.keysOf("undo")[0]} /> takes it
        back, <Chord of={keymap.keysOf("leave")[0]} /> goes on.
      </>
    );
  if (subject.state === "disputed")
    return (
      <>
        <strong>Why this one</strong> All opinions are in and none has a majority: take one of them,
        or give the right answer.
      </>
    );
  if (subject.state === "sent_back")
    return (
      <>
        <strong>Sent back</strong> It waits for {about.label?.annotator}
        {subject.review?.comment && <>: “{subject.review.comment}”</>}
      </>
    );
  if (subject.expectedError === null)
    return (
      <>
        <strong>Why this one</strong> It waits for a second pair of eyes; no model can judge it yet.
      </>
    );
  return (
    <>
      <strong>Why this one</strong> Wrong with a probability of {percent(subject.expectedError, 0)},
      says a model that has not learned from it.
    </>
  );
}

/** Until everything about the asset is there, its card has to do. */
function bareAsset({ id, media, text }: Subject): Asset {
  return {
    id,
    media,
    text,
    uri: null,
    features: null,
    metadata: {},
    content_hash: "",
    width: null,
    height: null,
    added_at: null,
  };
}
