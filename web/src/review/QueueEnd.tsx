/** What the review page says when nothing is left, and where to go from there. */
import { Button } from "@mantine/core";
import { IconChecks, IconEye } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { plural } from "../parts/format";
import { Empty } from "../parts/Notices";
import type { ReviewSearch } from "./reviewSearch";
import type { ReviewDesk } from "./useReviewSession";

type Props = {
  desk: ReviewDesk;
  search: ReviewSearch;
  change: (part: Partial<ReviewSearch>) => void;
};

export function QueueEnd({ desk, search, change }: Props) {
  const { reviewed, disputes } = desk.state;
  const state = search.state === "suspect" ? "waiting" : (search.state ?? "waiting");
  const left = reviewed.filter(({ verb }) => verb === "left").length;
  const done = reviewed.length - left;
  const narrowed = search.annotator ?? search.label ?? search.round;
  const others = search.state !== "disputed" && disputes !== null && disputes > 0;
  return (
    <Empty
      title={done > 0 ? "Everything here is reviewed" : TITLES[state]}
      icon={done > 0 ? <IconChecks size={24} /> : <IconEye size={24} />}
      action={
        <>
          {left > 0 && (
            <Button size="md" onClick={desk.restart} autoFocus>
              Look at the {plural(left, "one", "ones")} you left
            </Button>
          )}
          {others && (
            <Button
              size="md"
              variant={left > 0 ? "default" : "filled"}
              onClick={() => change({ state: "disputed" })}
            >
              Decide {plural(disputes, "dispute")}
            </Button>
          )}
          {narrowed !== undefined && (
            <Button
              size="md"
              variant="default"
              onClick={() => change({ annotator: undefined, label: undefined, round: undefined })}
            >
              Show the labels of everybody
            </Button>
          )}
          <Button size="md" variant="default" component={Link} to="/">
            Go to Home
          </Button>
        </>
      }
    >
      {done > 0
        ? `${plural(done, "label")} went through your hands. What you did can be taken back in the strip below.`
        : WORDS[state]}
    </Empty>
  );
}

const TITLES = {
  waiting: "Nothing waits for review",
  disputed: "No opinions are in dispute",
  sent_back: "Nothing is sent back",
  accepted: "Nothing is accepted yet",
  fixed: "Nothing is fixed yet",
  any: "There are no labels of others yet",
};

const SECOND = "Each label that somebody else gives waits here for a second pair of eyes, ";
const WORDS = {
  waiting: `${SECOND}the one that is most likely wrong first.`,
  disputed:
    "Assets that several people were asked about and whose answers decide nothing come here.",
  sent_back: "A label that you send back goes to its author with your word, and waits here.",
  accepted: `${SECOND}and comes here once it is accepted.`,
  fixed: "Labels that a reviewer has put right come here, but your own.",
  any: `${SECOND}the one that is most likely wrong first.`,
};
