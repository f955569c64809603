/** What the app asks the server to do. */
import { answer, api } from "./client";
import type { components } from "./schema";
import type { LabelBody, OntologyChange, ReviewBody } from "./types";

export const openSession = (token: string) =>
  answer(api.POST("/api/v1/session", { body: { token } }));
export const acceptInvitation = (token: string, name: string) =>
  answer(api.POST("/api/v1/invitations/accept", { body: { token, name } }));
export const closeSession = () => answer(api.DELETE("/api/v1/session"));

export const leaseTasks = (count: number) =>
  answer(api.POST("/api/v1/tasks/lease", { body: { count: Math.min(100, count), seconds: 120 } }));
export const renewTasks = (taskIds: number[]) =>
  answer(api.POST("/api/v1/tasks/renew", { body: { task_ids: taskIds } }));
/** Also works while the page is being left. */
export const releaseTasks = (taskIds: number[]) =>
  answer(api.POST("/api/v1/tasks/release", { body: { task_ids: taskIds }, keepalive: true }));

export const sendLabel = (body: LabelBody) => answer(api.POST("/api/v1/labels", { body }));
export const sendUndo = (assetId: string, submissionId: string) =>
  answer(
    api.POST("/api/v1/labels/undo", { body: { asset_id: assetId, submission_id: submissionId } }),
  );

export const sendReview = (body: ReviewBody) => answer(api.POST("/api/v1/review", { body }));
export const sendReviewUndo = (assetId: string, submissionId: string) =>
  answer(
    api.POST("/api/v1/review/undo", { body: { asset_id: assetId, submission_id: submissionId } }),
  );

/** What a batch shall have of its own. */
export type NextRound = Partial<components["schemas"]["NextRoundRequest"]>;

export const startRound = (wishes: NextRound = {}) =>
  answer(api.POST("/api/v1/rounds", { body: wishes }));
export const finishRound = () => answer(api.POST("/api/v1/rounds/finish"));
export const answerWithOracle = (rounds: number) =>
  answer(api.POST("/api/v1/oracle", { body: { rounds } }));
export const addFolder = (path: string) =>
  answer(api.POST("/api/v1/assets/add", { body: { path } }));

/** Files on the machine of the server; each becomes a job. */
export const importPredictions = (body: components["schemas"]["PredictionsFileRequest"]) =>
  answer(api.POST("/api/v1/predictions/file", { body }));
export const importEmbeddings = (body: components["schemas"]["EmbeddingsFileRequest"]) =>
  answer(api.POST("/api/v1/embeddings/file", { body }));
export const guessFirst = (body: components["schemas"]["ZeroShotRequest"]) =>
  answer(api.POST("/api/v1/zero-shot", { body }));

/** `version` is the one that was seen; another one is a conflict. */
export const changeOntology = (change: OntologyChange, version: number) =>
  answer(api.POST("/api/v1/ontology/changes", { body: { change, expected_version: version } }));
export const prepareDoubt = () => answer(api.POST("/api/v1/doubt"));
export const cancelJob = (id: string) =>
  answer(api.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id: id } } }));
/** A field that is not named stays as it is; the description of the body names all of them. */
export const changePolicy = (body: Partial<components["schemas"]["LabelingPolicyRequest"]>) =>
  answer(
    api.PATCH("/api/v1/settings/labeling", {
      body: body as components["schemas"]["LabelingPolicyRequest"],
    }),
  );
