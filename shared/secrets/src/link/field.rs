//! What links say, in as few bytes as can be read back: each field follows the one before it, without a name.

use domain::{Email, Id, portal_user::PortalUser, user::User};

use super::Invitee;

/// Something that a link says.
pub(crate) trait Field: Sized {
    /// Write it to the end of `bytes`.
    fn put(&self, bytes: &mut Vec<u8>);

    /// Read it from the beginning of `bytes`, which are what follows then; nothing if it isn't there.
    fn take(bytes: &mut &[u8]) -> Option<Self>;
}

/// 16 bytes.
impl<K> Field for Id<K> {
    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_bytes());
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(Self::from_bytes(*id))
    }
}

/// Seven bits a byte, the lowest first; all but the last byte have the eighth (LEB128).
impl Field for u64 {
    fn put(&self, bytes: &mut Vec<u8>) {
        let mut left = *self;
        while left >= 0x80 {
            bytes.push(left.to_le_bytes()[0] | 0x80);
            left >>= 7;
        }
        bytes.push(left.to_le_bytes()[0]);
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let mut number = 0;
        for shift in (0..Self::BITS).step_by(7) {
            let byte = byte(bytes)?;
            number |= Self::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

impl Field for u32 {
    fn put(&self, bytes: &mut Vec<u8>) {
        u64::from(*self).put(bytes);
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        u64::take(bytes)?.try_into().ok()
    }
}

/// A time in seconds since 1970; one before that takes ten bytes.
impl Field for i64 {
    fn put(&self, bytes: &mut Vec<u8>) {
        self.cast_unsigned().put(bytes);
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        Some(u64::take(bytes)?.cast_signed())
    }
}

/// A byte that says as what, and their id.
impl Field for Invitee {
    fn put(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::User(id) => {
                bytes.push(b'u');
                id.put(bytes);
            }
            Self::PortalUser(id) => {
                bytes.push(b'p');
                id.put(bytes);
            }
        }
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        match byte(bytes)? {
            b'u' => Id::<User>::take(bytes).map(Self::User),
            b'p' => Id::<PortalUser>::take(bytes).map(Self::PortalUser),
            _ => None,
        }
    }
}

/// Its length, and the address in ASCII.
impl Field for Email {
    fn put(&self, bytes: &mut Vec<u8>) {
        let text = self.as_str();
        (text.len() as u64).put(bytes);
        bytes.extend(text.as_bytes());
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let length = u64::take(bytes)?.try_into().ok()?;
        let (text, rest) = bytes.split_at_checked(length)?;
        *bytes = rest;
        Self::new(str::from_utf8(text).ok()?).ok()
    }
}

fn byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(field: &impl Field) -> Vec<u8> {
        let mut bytes = Vec::new();
        field.put(&mut bytes);
        bytes
    }

    #[test]
    fn a_number_reads_back_as_it_was_written_and_takes_no_more_bytes_than_it_needs() {
        for (number, length) in [(0, 1), (127, 1), (128, 2), (1_790_000_000, 5), (i64::MAX, 9), (-1, 10), (i64::MIN, 10)] {
            let bytes = bytes_of(&number);
            assert_eq!(bytes.len(), length, "{number}");
            assert_eq!(i64::take(&mut &*bytes), Some(number));
            assert_eq!(i64::take(&mut &bytes[..length - 1]), None);
        }
        assert_eq!(u32::take(&mut &*bytes_of(&(u64::from(u32::MAX) + 1))), None);
        assert_eq!(u64::take(&mut &[0x80; 11][..]), None);
    }

    #[test]
    fn what_is_cut_off_is_nothing() {
        let email = Email::new("ann@acme.example").unwrap();
        let bytes = bytes_of(&email);
        assert_eq!(Email::take(&mut &*bytes), Some(email));
        assert!((0..bytes.len()).all(|length| Email::take(&mut &bytes[..length]).is_none()));
        for who in [Invitee::User(Id::from_bytes([1; 16])), Invitee::PortalUser(Id::from_bytes([2; 16]))] {
            let bytes = bytes_of(&who);
            assert_eq!(Invitee::take(&mut &*bytes), Some(who));
            assert!((0..bytes.len()).all(|length| Invitee::take(&mut &bytes[..length]).is_none()));
        }
        assert_eq!(Invitee::take(&mut &[b'x'; 17][..]), None);
    }
}
