/** Short names for the server's objects; their forms are generated from its OpenAPI document. */
import type { Readable } from "openapi-typescript-helpers";
import type { components, paths } from "./schema";

/** As the client returns them, which is what `Readable` says. */
type Forms = Readable<components["schemas"]>;

export type Action = Forms["Action"];
export type Agreement = Forms["Agreement"];
export type Advice = Forms["Advice"];
export type Annotation = Forms["Annotation"];
export type Arm = Forms["Arm"];
export type Asset = Forms["Asset"];
export type AssetCard = Forms["AssetCard"];
export type AssetDetail = Forms["AssetDetail"];
export type AutoLabelSet = Forms["AutoLabelSet"];
export type BatchLesson = Forms["BatchLesson"];
export type BudgetLine = Forms["Budget"];
export type ChangeEvent = Forms["ChangeEvent"];
export type ClassDefinition = Forms["ClassDefinition"];
export type ClassLesson = Forms["ClassLesson"];
export type ComparedModel = Forms["ComparedModel"];
export type Comparison = Forms["Comparison"];
export type Doubt = Forms["Doubt"];
export type ConfusionCell = Forms["ConfusionCell"];
export type ConsensusMethod = Forms["ConsensusMethod"];
export type CurvePoint = Forms["Home"]["curve"]["active"][number];
export type Dispute = Forms["Dispute"];
export type ErrorBody = Forms["ErrorDetail"];
export type Estimate = Forms["Estimate"];
export type Evaluation = Forms["Evaluation"];
export type Experiment = Forms["Experiment"];
export type ClassFigures = Forms["ClassFigures"];
export type Lessons = Forms["Lessons"];
export type Measure = Forms["Measure"];
export type Finding = Forms["Finding"];
export type Gold = Forms["Gold"];
export type Home = Forms["Home"];
export type LabelingPolicy = Forms["LabelingPolicy"];
export type Invitation = Forms["Invitation"];
export type Job = Forms["Job"];
export type LabelBody = Forms["LabelRequest"];
export type Me = Forms["Me"];
export type Media = Forms["Media"];
export type OntologyChange = Forms["ChangeRequest"]["change"];
export type OutlookPoint = Forms["OutlookPoint"];
export type OntologyHistory = Forms["OntologyHistory"];
export type OntologyPreview = Forms["OntologyPreview"];
export type OntologyVersion = Forms["OntologyVersion"];
export type NamedFinding = Forms["NamedFinding"];
export type Paired = Forms["Paired"];
export type PartPair = Forms["PartPair"];
export type Thresholds = Forms["Thresholds"];
export type TurnedAsset = Forms["TurnedAsset"];
export type Opinion = Forms["Opinion"];
export type PredictionView = Forms["AssetPrediction"];
export type Person = Forms["Person"];
export type ProjectInfo = Forms["ProjectInfo"];
export type Proposal = Forms["Proposal"];
export type QueueItem = Forms["QueueItem"];
export type Recent = Forms["RecentLabel"];
export type Review = Forms["Review"];
export type ReviewBody = Forms["ReviewRequest"];
export type ReviewItem = Forms["ReviewItem"];
export type ReviewState = Forms["ReviewState"];
export type Reliability = Forms["Reliability"];
export type ReliabilityPoint = Forms["ReliabilityPoint"];
export type Role = Forms["Role"];
export type Round = Forms["Round"];
export type RoundPlan = Forms["RoundPlan"];
export type RoundSummary = Forms["RoundSummary"];
export type Selected = Forms["Selected"];
export type SlicePoint = Forms["SlicePoint"];
export type SliceReport = Forms["SliceReport"];
export type Sway = Forms["Sway"];
export type Workforce = Forms["Workforce"];
export type WorkforceReport = Forms["WorkforceReport"];
export type Suspect = Forms["Suspect"];
export type WorkReport = Forms["WorkReport"];
export type Value = NonNullable<Annotation["value"]>;

/** What narrows the grid, as the server's query parameters. */
export type Filter = NonNullable<paths["/api/v1/assets/facets"]["get"]["parameters"]["query"]>;
export type Sort = NonNullable<
  NonNullable<paths["/api/v1/assets"]["get"]["parameters"]["query"]>["sort"]
>;

/** The class a value names, when it names exactly one. */
export function className(value: Value | null | undefined): string | null {
  return value?.type === "class" ? value.name : null;
}

/** What an hour or an answer may cost at most, in money; the server refuses more. */
export const MOST_MONEY = 1_000_000_000;

/** Whether a role may start rounds and stop jobs. */
export function mayManage(me: Me | undefined): boolean {
  return me?.role === "owner" || me?.role === "manager";
}

/** Whether a role may look through the catalog and at the labels of others. */
export function mayBrowse(me: Me | undefined): boolean {
  return mayManage(me) || me?.role === "reviewer";
}

/** Whether a label is one class an asset: only of those are errors certified and explained. */
export function isOneClass(project: ProjectInfo): boolean {
  return project.task === "classification";
}
