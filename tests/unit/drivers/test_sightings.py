"""When a code counts as shown."""

from drivers.sightings import Sightings

CODE = b"003090123450||TEST"


def told(sightings: Sightings, *times: float, payload: bytes = CODE) -> list[float]:
    return [now for now in times if sightings.saw(payload, now)]


def test_one_reading_alone_is_not_enough() -> None:
    assert told(Sightings(5.0), 0.0) == []


def test_two_equal_readings_are_told_once() -> None:
    assert told(Sightings(5.0), 0.0, 0.1, 0.2, 0.3) == [0.1]


def test_two_readings_too_far_apart_do_not_agree() -> None:
    assert told(Sightings(5.0), 0.0, 2.1, 4.3) == []


def test_readings_that_differ_do_not_agree() -> None:
    sightings = Sightings(5.0)
    assert not sightings.saw(b"one", 0.0)
    assert not sightings.saw(b"two", 0.1)


def test_the_same_code_is_ignored_for_its_time() -> None:
    assert told(Sightings(5.0), 0.0, 0.1, 4.0, 4.1) == [0.1]


def test_the_same_code_counts_again_afterwards() -> None:
    assert told(Sightings(5.0), 0.0, 0.1, 5.2, 5.3) == [0.1, 5.3]


def test_a_code_held_in_view_is_never_told_twice() -> None:
    assert told(Sightings(5.0), *(step / 10 for step in range(200))) == [0.1]


def test_a_code_that_stays_in_view_during_a_pause_is_not_told_again() -> None:
    sightings = Sightings(5.0)
    told(sightings, 0.0, 0.1)
    sightings.resumed(0.2, 20.0)
    assert told(sightings, 20.1, 20.2, 20.9) == []


def test_a_code_taken_away_during_a_pause_counts_again() -> None:
    sightings = Sightings(5.0)
    told(sightings, 0.0, 0.1)
    sightings.resumed(0.2, 20.0)
    assert told(sightings, 21.1, 21.2) == [21.2]


def test_a_code_taken_away_before_a_pause_counts_again_at_once() -> None:
    sightings = Sightings(5.0)
    told(sightings, 0.0, 0.1)
    sightings.resumed(6.0, 20.0)
    assert told(sightings, 20.1, 20.2) == [20.2]


def test_a_code_gone_before_a_pause_counts_again_at_once() -> None:
    sightings = Sightings(5.0)
    told(sightings, 0.0, 0.1)
    sightings.resumed(1.2, 20.0)
    assert told(sightings, 20.1, 20.2) == [20.2]


def test_short_looks_between_pauses_add_up_to_being_gone() -> None:
    sightings = Sightings(5.0)
    told(sightings, 0.0, 0.1)
    for start in (0.5, 10.5, 20.5):
        sightings.resumed(start, start + 9.6)
    assert told(sightings, 30.7, 30.8) == [30.8]


def test_half_a_reading_from_before_a_pause_does_not_count() -> None:
    sightings = Sightings(5.0)
    told(sightings, 0.0)
    sightings.resumed(0.1, 0.5)
    assert told(sightings, 0.6, 0.7) == [0.7]


def test_each_code_has_its_own_time() -> None:
    sightings = Sightings(5.0)
    assert told(sightings, 0.0, 0.1) == [0.1]
    assert told(sightings, 0.2, 0.3, payload=b"another") == [0.3]


def test_ever_new_codes_do_not_pile_up_and_are_not_kept() -> None:
    sightings = Sightings(5.0)
    for number in range(1000):
        sightings.saw(b"%d" % number, 0.0)
    kept = sightings._seen
    assert len(kept) <= 512
    assert b"999" not in kept


def test_a_flood_of_others_does_not_make_a_told_code_count_again() -> None:
    sightings = Sightings(5.0)
    assert told(sightings, 0.0, 0.1) == [0.1]
    for number in range(2000):
        sightings.saw(b"%d" % number, 0.2 + number / 1000)
    assert told(sightings, 2.5, 2.6) == []


def test_a_code_that_proves_itself_is_told_at_its_first_reading() -> None:
    assert told(Sightings(5.0, lambda payload: payload == CODE), 0.0, 0.1, 0.2) == [0.0]


def test_a_code_that_does_not_prove_itself_needs_a_second_reading() -> None:
    assert told(Sightings(5.0, lambda payload: payload == CODE), 0.0, 0.1, payload=b"other") == [0.1]


def test_a_signature_is_tried_once_a_showing() -> None:
    asked: list[bytes] = []

    def proves_itself(payload: bytes) -> bool:
        asked.append(payload)
        return False

    sightings = Sightings(5.0, proves_itself)
    told(sightings, *(step / 10 for step in range(30)))
    assert asked == [CODE]
    told(sightings, 20.0, 20.1)
    assert asked == [CODE, CODE]
