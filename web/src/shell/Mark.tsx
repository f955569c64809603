/** Querist's mark: a lens that asks. */

export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--mantine-color-iris-7)" />
      <circle cx="15" cy="15" r="7" fill="none" stroke="#fff" strokeWidth="3" />
      <path d="M19 19l5.5 5.5" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
      <circle cx="15" cy="15" r="2" fill="#fff" />
    </svg>
  );
}
