/** A decision from an earlier visit comes with a card only; to change it, its whole asset is fetched. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { assetQuery } from "../api/queries";
import type { Item } from "./session";

export function useWholeItem(item: Item | null): Item | null {
  const isCard = item !== null && item.asset.content_hash === "";
  const { data } = useQuery({ ...assetQuery(item?.asset.id ?? ""), enabled: isCard });
  return useMemo(() => {
    if (!isCard || data?.asset.id !== item.asset.id) return item;
    return { ...item, asset: data.asset };
  }, [isCard, item, data]);
}
