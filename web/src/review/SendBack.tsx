/** The word that goes back to the author with the label: Enter sends it, Escape keeps it here. */
import { Button, Textarea } from "@mantine/core";
import { useStopwatch } from "../label/useStopwatch";
import { Key } from "../parts/Key";
import styles from "./review.module.css";

type Props = {
  who: string;
  word: string;
  write: (word: string) => void;
  send: (comment: string, seconds: number) => void;
  close: () => void;
};

export function SendBack({ who, word, write, send, close }: Props) {
  const watch = useStopwatch("send-back");
  const submit = () => {
    if (word.trim()) send(word.trim(), watch.seconds());
  };
  return (
    <form
      className={styles.sendBack}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Textarea
        label={`What should ${who} look at?`}
        value={word}
        maxLength={2000}
        autosize
        minRows={2}
        maxRows={5}
        data-autofocus
        autoFocus
        onChange={(event) => write(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") close();
          else if (event.key !== "Enter" || event.shiftKey) return;
          else submit();
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <div className={styles.main}>
        <Button type="submit" size="sm" disabled={!word.trim()} rightSection={<Key of="Enter" />}>
          Send
        </Button>
        <Button size="sm" variant="default" rightSection={<Key of="Escape" />} onClick={close}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
