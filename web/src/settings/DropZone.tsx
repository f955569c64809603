/** Where a file of this computer is dropped or chosen. */
import { IconFile, IconUpload } from "@tabler/icons-react";
import { type DragEvent, useEffect, useState } from "react";
import { fileSize } from "../parts/format";
import styles from "./settings.module.css";

type Props = {
  file: File | null;
  /** Endings that the server reads, as ".csv". */
  kinds: readonly string[];
  disabled: boolean;
  choose: (file: File) => void;
};

export function DropZone({ file, kinds, disabled, choose }: Props) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    window.addEventListener("dragover", refuse);
    window.addEventListener("drop", refuse);
    return () => {
      window.removeEventListener("dragover", refuse);
      window.removeEventListener("drop", refuse);
    };
  }, []);
  const hover = (event: DragEvent, is: boolean) => {
    event.preventDefault();
    setOver(is && !disabled);
  };
  const drop = (event: DragEvent) => {
    hover(event, false);
    const dropped = event.dataTransfer.files[0];
    if (dropped && !disabled) choose(dropped);
  };
  const Icon = file ? IconFile : IconUpload;
  return (
    <label
      className={styles.drop}
      data-over={over || undefined}
      data-disabled={disabled || undefined}
      onDragOver={(event) => hover(event, true)}
      onDragLeave={(event) => hover(event, false)}
      onDrop={drop}
    >
      <input
        type="file"
        aria-label="File of this computer"
        accept={kinds.join(",")}
        disabled={disabled}
        onChange={(event) => {
          const chosen = event.currentTarget.files?.[0];
          if (chosen) choose(chosen);
          // The same file, mended, can be chosen again.
          event.currentTarget.value = "";
        }}
      />
      <Icon size={20} aria-hidden="true" />
      <span>
        <strong>{file ? file.name : "Drop a file here, or choose one"}</strong>
        <span>
          {file ? `${fileSize(file.size)}. Drop another one to replace it.` : kinds.join(" ")}
        </span>
      </span>
    </label>
  );
}

/** A browser would open a file that falls beside the field, in the place of the app. */
function refuse(event: globalThis.DragEvent): void {
  if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
}
