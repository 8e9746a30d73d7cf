/** Who takes part in a call, as small pictures, but for who is large: the two, a third person, and devices (WHIP, WHEP). */
import type { Member } from '../../contract'
import { isGuest } from '../../model/room'
import { useModel } from '../model'
import { Tile } from './Tile'

export function Tiles(props: {
  other: Member
  own: Member
  beside: Member[]
  large: Member
  onPick: (id: string) => void
}) {
  const model = useModel()
  const { other, own, beside } = props
  const isSmall = (member: Member): boolean => member.person.id !== props.large.person.id
  return (
    <div class="tiles">
      {isSmall(other) && <Tile member={other} onPick={() => props.onPick('other')} />}
      {isSmall(own) && (
        <Tile member={own} own mirrored={model.facing.value === 'user'} onPick={() => props.onPick('own')} />
      )}
      {beside.filter(isSmall).map((member) => (
        <Tile
          key={member.person.id}
          member={member}
          silent={isGuest(member) && !model.remote.value.get(member.person.id)?.camera}
          onPick={() => props.onPick(member.person.id)}
        />
      ))}
    </div>
  )
}
