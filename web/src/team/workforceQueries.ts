/** What the tab of workforces reads from the server and asks it to do. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import type { components } from "../api/schema";

type Bodies = components["schemas"];
export type NewWorkforce = Bodies["NewWorkforce"];
export type SendRequest = Bodies["SendRequest"];

export const workforcesQuery = queryOptions({
  queryKey: ["workforces"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/workforces", { signal })),
  staleTime: 2_000,
});

export const connectorsQuery = queryOptions({
  queryKey: ["connectors"],
  queryFn: ({ signal }) => answer(api.GET("/api/v1/workforces/connectors", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

const at = (name: string) => ({ params: { path: { name } } });

export const addWorkforce = (body: Bodies["WorkforceRequest"]) =>
  answer(api.POST("/api/v1/workforces", { body }));

export const sendBatch = (name: string, body: SendRequest) =>
  answer(api.POST("/api/v1/workforces/{name}/send", { ...at(name), body }));

export const collectAnswers = (name: string) =>
  answer(api.POST("/api/v1/workforces/{name}/collect", at(name)));

export const takeBack = (name: string) =>
  answer(api.POST("/api/v1/workforces/{name}/withdraw", { ...at(name), body: {} }));

export const askTool = (name: string) =>
  answer(api.GET("/api/v1/workforces/{name}/status", at(name)));

export const subscribe = (name: string, address: string) =>
  answer(api.POST("/api/v1/workforces/{name}/subscribe", { ...at(name), body: { address } }));

export const retireWorkforce = (name: string) =>
  answer(api.POST("/api/v1/workforces/{name}/retire", at(name)));
