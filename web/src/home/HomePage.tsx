/** Home: is it worth going on? One sentence, one button, the curve behind it. */
import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { homeQuery, projectQuery } from "../api/queries";
import { fetched } from "../parts/fetched";
import { unbroken } from "../parts/format";
import { ErrorNotice } from "../parts/Notices";
import { AddAssets } from "./AddAssets";
import { AdviceCard } from "./AdviceCard";
import { BudgetCard } from "./BudgetCard";
import { DayOneCard } from "./DayOneCard";
import styles from "./home.module.css";
import { ImportNews } from "./ImportOutcome";
import { NextStep } from "./NextStep";
import { RoundTimeline } from "./RoundTimeline";

const CurveCard = lazy(() => fetched(import("./CurveCard")));

export function HomePage() {
  const home = useQuery(homeQuery);
  const project = useQuery(projectQuery);
  const failure = home.error ?? project.error;
  if (failure && !home.data)
    return (
      <div className={styles.page}>
        <ErrorNotice error={failure} />
      </div>
    );
  if (!home.data || !project.data) return <HomeSkeleton />;
  if (project.data.asset_count === 0) return <AddAssets project={project.data} />;
  const learns = project.data.learns;
  const started = home.data.rounds.length > 0;
  return (
    <div className={styles.page}>
      <section className={styles.lead} aria-label="State of the project">
        <h1 className={styles.sentence}>{unbroken(home.data.sentence)}</h1>
        <NextStep home={home.data} project={project.data} />
      </section>
      <ImportNews />
      <div className={styles.columns}>
        <div className={styles.main}>
          <Suspense fallback={<Skeleton height={420} radius="lg" />}>
            <CurveCard home={home.data} learns={learns} />
          </Suspense>
          {started && <RoundTimeline rounds={home.data.rounds} control={home.data.curve.control} />}
        </div>
        <aside className={styles.side} aria-label="Advice and budget">
          <DayOneCard home={home.data} project={project.data} />
          <AdviceCard home={home.data} learns={learns} />
          <BudgetCard home={home.data} project={project.data} />
        </aside>
      </div>
    </div>
  );
}

function HomeSkeleton() {
  return (
    <div className={styles.page} aria-hidden="true">
      <section className={styles.lead}>
        <div>
          <Skeleton height={28} width="80%" mb={8} />
          <Skeleton height={28} width="50%" />
        </div>
        <Skeleton height={42} width={200} />
      </section>
      <div className={styles.columns}>
        <div className={styles.main}>
          <Skeleton height={420} radius="lg" />
        </div>
        <div className={styles.side}>
          <Skeleton height={180} radius="lg" />
          <Skeleton height={180} radius="lg" />
        </div>
      </div>
    </div>
  );
}
