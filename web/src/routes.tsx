/** The pages and their addresses. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { readAutoLabelSearch } from "./autolabel/autoLabelSearch";
import { CatalogPage } from "./catalog/CatalogPage";
import { nothingElse, parseQueryString, readSearch, writeQueryString } from "./catalog/search";
import { readDiagnoseSearch } from "./diagnostics/diagnoseSearch";
import { readExperimentSearch } from "./experiment/experimentSearch";
import { readGuessSearch } from "./guesses/guessSearch";
import { HomePage } from "./home/HomePage";
import { fetched } from "./parts/fetched";
import { PageMissing } from "./parts/Notices";
import { readReviewSearch } from "./review/reviewSearch";
import { readCompareSearch } from "./rounds/compareSearch";
import { RoundPage } from "./rounds/RoundPage";
import { RoundsPage } from "./rounds/RoundsPage";
import { readRoundSearch } from "./rounds/roundSearch";
import { AppFrame } from "./shell/AppFrame";
import { PageFailed } from "./shell/PageFailed";
import { readTeamSearch } from "./team/teamSearch";

const root = createRootRoute({ component: AppFrame, notFoundComponent: PageMissing });

const home = createRoute({ getParentRoute: () => root, path: "/", component: HomePage });

const catalog = createRoute({
  getParentRoute: () => root,
  path: "/catalog",
  validateSearch: nothingElse(readSearch),
  component: CatalogPage,
});

const label = createRoute({
  getParentRoute: () => root,
  path: "/label",
  component: lazyRouteComponent(() => fetched(import("./label/LabelPage")), "LabelPage"),
});

const ontology = createRoute({
  getParentRoute: () => root,
  path: "/settings/ontology",
  component: lazyRouteComponent(() => fetched(import("./ontology/OntologyPage")), "OntologyPage"),
});

const labeling = createRoute({
  getParentRoute: () => root,
  path: "/settings/labeling",
  component: lazyRouteComponent(() => fetched(import("./settings/LabelingPage")), "LabelingPage"),
});

const bringIn = createRoute({
  getParentRoute: () => root,
  path: "/settings/import",
  component: lazyRouteComponent(() => fetched(import("./settings/ImportPage")), "ImportPage"),
});

const guesses = createRoute({
  getParentRoute: () => root,
  path: "/guesses",
  validateSearch: nothingElse(readGuessSearch),
  component: lazyRouteComponent(() => fetched(import("./guesses/GuessesPage")), "GuessesPage"),
});

const review = createRoute({
  getParentRoute: () => root,
  path: "/review",
  validateSearch: nothingElse(readReviewSearch),
  component: lazyRouteComponent(() => fetched(import("./review/ReviewPage")), "ReviewPage"),
});

const diagnose = createRoute({
  getParentRoute: () => root,
  path: "/diagnose",
  validateSearch: nothingElse(readDiagnoseSearch),
  component: lazyRouteComponent(
    () => fetched(import("./diagnostics/DiagnosePage")),
    "DiagnosePage",
  ),
});

const experiment = createRoute({
  getParentRoute: () => root,
  path: "/experiment",
  validateSearch: nothingElse(readExperimentSearch),
  component: lazyRouteComponent(
    () => fetched(import("./experiment/ExperimentPage")),
    "ExperimentPage",
  ),
});

const autoLabel = createRoute({
  getParentRoute: () => root,
  path: "/auto-label",
  validateSearch: nothingElse(readAutoLabelSearch),
  component: lazyRouteComponent(
    () => fetched(import("./autolabel/AutoLabelPage")),
    "AutoLabelPage",
  ),
});

const team = createRoute({
  getParentRoute: () => root,
  path: "/team",
  validateSearch: nothingElse(readTeamSearch),
  component: lazyRouteComponent(() => fetched(import("./team/TeamPage")), "TeamPage"),
});

const rounds = createRoute({ getParentRoute: () => root, path: "/rounds", component: RoundsPage });

const compare = createRoute({
  getParentRoute: () => root,
  path: "/rounds/compare",
  validateSearch: nothingElse(readCompareSearch),
  component: lazyRouteComponent(() => fetched(import("./rounds/ComparePage")), "ComparePage"),
});

const round = createRoute({
  getParentRoute: () => root,
  path: "/rounds/$number",
  validateSearch: nothingElse(readRoundSearch),
  component: RoundPage,
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    catalog,
    label,
    review,
    autoLabel,
    team,
    rounds,
    compare,
    round,
    diagnose,
    experiment,
    ontology,
    labeling,
    bringIn,
    guesses,
  ]),
  parseSearch: parseQueryString,
  stringifySearch: writeQueryString,
  // Within the frame: each page has its own boundary, so that the way to the others stays.
  defaultErrorComponent: PageFailed,
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
