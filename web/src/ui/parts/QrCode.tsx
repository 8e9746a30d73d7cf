/** A QR code from its rows of 0 and 1, with the quiet border that a camera needs. */
const BORDER = 4

export function QrCode(props: { rows: readonly string[]; label: string }) {
  const size = props.rows.length + 2 * BORDER
  const dark = props.rows.flatMap((row, y) =>
    [...row].flatMap((one, x) => (one === '1' ? [`M${x + BORDER} ${y + BORDER}h1v1h-1z`] : [])),
  )
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={props.label}
      shape-rendering="crispEdges"
    >
      <path d={dark.join('')} />
    </svg>
  )
}
