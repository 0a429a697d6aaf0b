//! The server's body, event by event, and what can be done to the order, ids and size of events.

/// Cuts a body into blocks, each with the empty line that ends it.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    rest: Vec<u8>,
}

impl Blocks {
    /// Takes the next piece of the body.
    pub fn push(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
    }

    /// The next block that is complete.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        let end = self.rest.windows(2).position(|pair| pair == b"\n\n")? + 2;
        let tail = self.rest.split_off(end);
        Some(std::mem::replace(&mut self.rest, tail))
    }
}

/// Whether a block brings a change to the client; `ready` and `gap` bring none.
pub(super) fn is_change(block: &[u8]) -> bool {
    let said = |line: &[u8]| lines(block).any(|other| other.starts_with(line));
    block.ends_with(b"\n\n") && said(b"data: {") && !said(b"event: ready") && !said(b"event: gap")
}

/// The value of the block's `id:` line.
pub(super) fn id(block: &[u8]) -> Option<&[u8]> {
    lines(block).find_map(|line| line.strip_prefix(b"id: "))
}

/// The block with another id, or none.
pub(super) fn with_id(block: &[u8], id: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(block.len());
    for line in lines(block) {
        match (line.starts_with(b"id: "), id) {
            (false, _) => out.extend_from_slice(line),
            (true, Some(id)) => {
                out.extend_from_slice(b"id: ");
                out.extend_from_slice(id);
            }
            (true, None) => continue,
        }
        out.push(b'\n');
    }
    out.push(b'\n');
    out
}

/// The blocks in another order; only the last has an id, the last of theirs.
pub(super) fn reordered(blocks: &[Vec<u8>], order: &[usize]) -> Vec<Vec<u8>> {
    let last_id = blocks.iter().rev().find_map(|block| id(block));
    let places: Vec<usize> = order.iter().copied().filter(|place| *place < blocks.len()).collect();
    let last = places.len().saturating_sub(1);
    let block = |(at, place): (usize, &usize)| with_new_id(&blocks[*place], last_id.filter(|_| at == last));
    places.iter().enumerate().map(block).collect()
}

/// The block with this id, whether it had one or not.
fn with_new_id(block: &[u8], id: Option<&[u8]>) -> Vec<u8> {
    let bare = with_id(block, None);
    match id {
        Some(id) => [b"id: ", id, b"\n", &bare].concat(),
        None => bare,
    }
}

/// The lines of a block, without their ends and without the empty one.
fn lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    block.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[u8] = b"event: reply\nid: k-1\ndata: {one}\n\n";
    const TWO: &[u8] = b"event: reply\nid: k-2\ndata: {two}\n\n";

    #[test]
    fn a_body_in_any_pieces_is_cut_into_its_blocks() {
        let body = [b": beat\n\n", ONE, TWO, b"event: x"].concat();
        for size in [1, 3, 1000] {
            let (mut blocks, mut came) = (Blocks::default(), Vec::new());
            for piece in body.chunks(size) {
                blocks.push(piece);
                while let Some(block) = blocks.next() {
                    came.push(block);
                }
            }
            assert_eq!(came, [b": beat\n\n", ONE, TWO]);
        }
    }

    #[test]
    fn what_is_reordered_has_the_last_id_at_its_end() {
        let blocks = [ONE.to_vec(), TWO.to_vec()];
        let came = reordered(&blocks, &[1, 0]);
        assert_eq!(came[0], b"event: reply\ndata: {two}\n\n");
        assert_eq!(came[1], b"id: k-2\nevent: reply\ndata: {one}\n\n");
        assert_eq!(reordered(&blocks[..1], &[2, 1, 0]), [b"id: k-1\nevent: reply\ndata: {one}\n\n"]);
    }

    #[test]
    fn only_a_change_counts_as_one() {
        assert!(
            is_change(ONE) && !is_change(b": beat\n\n") && !is_change(b"event: ready\nid: k-1\ndata: {}\n\n")
        );
        assert_eq!(with_id(ONE, Some(b"k-0")), b"event: reply\nid: k-0\ndata: {one}\n\n");
    }
}
