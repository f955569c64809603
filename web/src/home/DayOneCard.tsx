/** Before the first model: guesses and predictions from elsewhere, so that nobody starts at zero. */
import { Button } from "@mantine/core";
import { IconSparkles } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { sessionQuery } from "../api/queries";
import { type Home, isOneClass, mayManage, type ProjectInfo } from "../api/types";
import styles from "./home.module.css";

export function DayOneCard({ home, project }: { home: Home; project: ProjectInfo }) {
  const me = useQuery(sessionQuery).data;
  if (!mayManage(me) || !isOneClass(project) || home.curve.active.length > 0) return null;
  return (
    <section className={styles.card} aria-labelledby="day-one-title">
      <h2 id="day-one-title">Label faster from the start</h2>
      <p className={styles.dim}>
        {project.media === "text"
          ? "The names of the classes, or a few examples, give each asset a first guess."
          : "One or a few examples of each class give each asset a first guess."}{" "}
        It stands as a suggestion where you label.
      </p>
      <div className={styles.dayOne}>
        <Button
          component={Link}
          to="/guesses"
          variant="default"
          leftSection={<IconSparkles size={16} />}
        >
          Make first guesses
        </Button>
        {me?.role === "owner" && (
          <Link to="/settings/import" className={styles.hintLink}>
            Bring in predictions or vectors
          </Link>
        )}
      </div>
    </section>
  );
}
