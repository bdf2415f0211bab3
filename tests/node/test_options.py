"""What is wrong with the options is said with what would be right."""

from __future__ import annotations

import pytest

from brainsand.errors import UsageError
from brainsand.node.options import Peer, node_options, read_node_options

GOOD = {"state": "/s", "allow": ["CT1"]}
PEER = {"ae_title": "PACS", "host": "10.0.0.7", "port": 104}


def test_a_file_gives_what_it_says_and_what_was_typed_counts_more(tmp_path):
    file = tmp_path / "node.yaml"
    file.write_text(
        "state: here\nallow: CT1\nquiet_s: 5\nport: 104\n"
        "peers: {pacs: {ae_title: PACS, host: 10.0.0.7, port: 104, commit: yes}}\nsend_to: [pacs]\n"
        "limits: {instance_mib: 9}\ndicomweb: {url: 'https://pacs/dicom-web', match: {StudyDescription: '*HEAD*'}}\n"
    )
    options = read_node_options(file, {"port": 105})
    assert (options.port, options.quiet_s, options.allow) == (105, 5.0, ("CT1",))
    assert options.peers == {"pacs": Peer(ae_title="PACS", host="10.0.0.7", port=104, commit=True)}
    assert options.limits.instance_mib == 9
    assert options.dicomweb.match == {"StudyDescription": "*HEAD*"}


@pytest.mark.parametrize(
    "more, words",
    [
        ({"quite_s": 3}, "Did you mean quiet_s?"),
        (
            {"limits": {"instance_mb": 3}},
            "limits.instance_mb is no option of the node. Did you mean instance_mib?",
        ),
        ({"port": "104"}, "port: a whole number is needed; '104' came."),
        ({"port": 70000}, "70000 is no port"),
        ({"workers": True}, "workers: a whole number is needed"),
        ({"quiet_s": -1}, "quiet_s: -1.0 came; it must be above 0."),
        ({"limits": {"associations": 0}}, "associations: 0 came; it must be above 0."),
        ({"ae_title": "A TITLE THAT IS TOO LONG"}, "is no AE title"),
        ({"allow": ["BACK\\SLASH"]}, "is no AE title"),
        ({"allow": []}, "Nobody may call"),
        ({"allow": [1]}, "allow: a list of words is needed"),
        ({"send_to": ["pacs"]}, "there is no peer 'pacs'. Peers: none."),
        (
            {"peers": {"pacs": {"ae_title": "PACS", "host": "h"}}},
            "peers.pacs.port is needed and was not given.",
        ),
        (
            {"peers": {"pacs": {**PEER, "tls": True}}},
            "A peer wants TLS, and tls (certificate, key, ca) is not given.",
        ),
        ({"tls": {"certificate": "/no/c", "key": "/no/k", "ca": "/no/a"}}, "There is no file /no/c."),
        ({"dicomweb": {"url": "ftp://x"}}, "is no http or https address"),
        ({"dicomweb": {"url": "https://me:secret@x/"}}, "put them into dicomweb.password_file"),
        ({"dicomweb": "https://x"}, "dicomweb: names with values are needed"),
    ],
)
def test_what_cannot_be_is_refused_with_words(more, words):
    with pytest.raises(UsageError) as refusal:
        node_options({**GOOD, **more})
    assert words in str(refusal.value)


def test_the_state_is_needed():
    with pytest.raises(UsageError, match="state is needed"):
        node_options({"allow": ["CT1"]})


@pytest.mark.parametrize("text, words", [("a: [", "is no YAML"), ("- 1\n", "holds no options")])
def test_a_file_that_is_no_yaml_of_options_is_refused(tmp_path, text, words):
    (tmp_path / "node.yaml").write_text(text)
    with pytest.raises(UsageError, match=words):
        read_node_options(tmp_path / "node.yaml", GOOD)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_node_options(tmp_path / "none.yaml", GOOD)
